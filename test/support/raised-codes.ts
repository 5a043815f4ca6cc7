/**
 * Every error code that the source can raise: whatever is passed for a parameter named `code`, stands as `code` in an object, or is
 * printed as `error[…]`. Found through the compiler's types, so that a code chosen by a condition, a template or a union counts too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { globSync } from 'tinyglobby';

export interface RaisedCodes {
  /** Code to the first place that raises it, in order. */
  readonly codes: ReadonlyMap<string, string>;
  /** Places where a code is computed in a way that is not understood here. */
  readonly unresolved: readonly string[];
}

export function findRaisedCodes(root: string): RaisedCodes {
  const files = globSync(['lib/**/*.ts', 'stages/**/*.ts'], { cwd: root, absolute: true }).sort();
  const program = ts.createProgram(files, OPTIONS, hostOfOwnFiles());
  const sources = files.map((file) => program.getSourceFile(file) as ts.SourceFile);
  const search = new Search(program.getTypeChecker(), root, new Set(sources.flatMap(takersOfCodes)));
  for (const source of sources) search.visit(source);
  return { codes: new Map([...search.codes].sort()), unresolved: search.unresolved };
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  types: [],
};

/** Packages are left out: their types say nothing of our codes and take seconds to read. */
function hostOfOwnFiles(): ts.CompilerHost {
  const host = ts.createCompilerHost(OPTIONS);
  host.resolveModuleNameLiterals = (literals, from) =>
    literals.map(({ text }) => ({
      resolvedModule: text.startsWith('.')
        ? { resolvedFileName: join(from, '..', text), extension: ts.Extension.Ts, isExternalLibraryImport: false }
        : undefined,
    }));
  return host;
}

/** Names of the functions, methods and classes with a parameter named `code`: asking the compiler of every call takes 20 s. */
function takersOfCodes(source: ts.SourceFile): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isParameter(node) && node.name.getText(source) === 'code') {
      const taker = ts.isConstructorDeclaration(node.parent) ? node.parent.parent : node.parent;
      const owner = ts.isArrowFunction(taker) || ts.isFunctionTypeNode(taker) ? taker.parent : taker;
      const { name } = owner as ts.NamedDeclaration;
      if (name !== undefined) names.push(name.getText(source));
    }
    // A class that only extends a taker is one too.
    if (ts.isClassDeclaration(node) && node.name !== undefined && node.heritageClauses !== undefined) {
      names.push(node.name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

class Search {
  readonly codes = new Map<string, string>();
  readonly unresolved: string[] = [];
  readonly #checker: ts.TypeChecker;
  readonly #root: string;
  readonly #takers: ReadonlySet<string>;

  constructor(checker: ts.TypeChecker, root: string, takers: ReadonlySet<string>) {
    this.#checker = checker;
    this.#root = root;
    this.#takers = takers;
  }

  visit(node: ts.Node): void {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) this.#visitCall(node);
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'code') this.#take(node.initializer);
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) {
      const printed = /error\[([a-z-]+)\]/.exec(node.text)?.[1];
      if (printed !== undefined) this.#add(printed, node);
    }
    ts.forEachChild(node, (child) => this.visit(child));
  }

  #visitCall(call: ts.CallExpression | ts.NewExpression): void {
    const callee = ts.isPropertyAccessExpression(call.expression) ? call.expression.name : call.expression;
    if (!this.#takers.has(callee.getText())) return;
    const parameters = this.#checker.getResolvedSignature(call)?.parameters ?? [];
    const index = parameters.findIndex(({ name }) => name === 'code');
    const argument = call.arguments?.[index];
    if (argument !== undefined) this.#take(argument);
  }

  #take(expression: ts.Expression): void {
    const codes = this.#codesOf(expression);
    for (const code of codes ?? []) this.#add(code, expression);
    if (codes === undefined) this.unresolved.push(`${this.#place(expression)}: ${expression.getText()}`);
  }

  /** Empty for a code that was raised elsewhere and is handed on, and for numbers; undefined when it cannot be told. */
  #codesOf(expression: ts.Expression): readonly string[] | undefined {
    if (ts.isParenthesizedExpression(expression)) return this.#codesOf(expression.expression);
    if (ts.isConditionalExpression(expression)) return this.#both(expression.whenTrue, expression.whenFalse);
    if (ts.isBinaryExpression(expression)) return this.#both(expression.left, expression.right);
    if (ts.isTemplateExpression(expression)) return this.#spelled(expression);
    const type = this.#checker.getTypeAtLocation(expression);
    const literals = literalsOf(type);
    if (literals !== undefined) return literals;
    if ((type.flags & ts.TypeFlags.StringLike) === 0 && !type.isUnion()) return [];
    const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
    if (name === 'code') return [];
    return ts.isIdentifier(expression) ? this.#codesOfTuple(expression) : undefined;
  }

  #both(left: ts.Expression, right: ts.Expression): readonly string[] | undefined {
    const [first, second] = [this.#codesOf(left), this.#codesOf(right)];
    return first === undefined || second === undefined ? undefined : [...first, ...second];
  }

  /** `${role}-missing` for each value of a role. */
  #spelled(template: ts.TemplateExpression): readonly string[] | undefined {
    let spelled = [template.head.text];
    for (const { expression, literal } of template.templateSpans) {
      const values = literalsOf(this.#checker.getTypeAtLocation(expression));
      if (values === undefined) return undefined;
      spelled = spelled.flatMap((start) => values.map((value) => start + value + literal.text));
    }
    return spelled;
  }

  /** `const [fault, …] = explain(…)`: what the function returns in that place. */
  #codesOfTuple(name: ts.Identifier): readonly string[] | undefined {
    const declaration = this.#checker.getSymbolAtLocation(name)?.valueDeclaration;
    if (declaration === undefined || !ts.isBindingElement(declaration)) return undefined;
    const pattern = declaration.parent;
    const { initializer } = pattern.parent as ts.VariableDeclaration;
    if (!ts.isArrayBindingPattern(pattern) || initializer === undefined || !ts.isCallExpression(initializer))
      return undefined;
    const body = this.#checker.getResolvedSignature(initializer)?.declaration;
    if (body === undefined) return undefined;
    const index = pattern.elements.indexOf(declaration);
    const codes: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isReturnStatement(node) && node.expression !== undefined && ts.isArrayLiteralExpression(node.expression)) {
        const element = node.expression.elements[index];
        if (element !== undefined && ts.isStringLiteralLike(element)) codes.push(element.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(body);
    return codes.length === 0 ? undefined : codes;
  }

  #add(code: string, node: ts.Node): void {
    if (!this.codes.has(code)) this.codes.set(code, this.#place(node));
  }

  #place(node: ts.Node): string {
    const file = node.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    return `${file.fileName.slice(this.#root.length + 1)}:${line + 1}`;
  }
}

function literalsOf(type: ts.Type): readonly string[] | undefined {
  const members = type.isUnion() ? type.types : [type];
  const values = members.flatMap((member) => (member.isStringLiteral() ? [member.value] : []));
  return values.length === members.length ? values : undefined;
}

/** The codes that a page explains, each in a table row of its own: `| \`code\` | meaning | what to do |`. */
export function readExplainedCodes(path: string): string[] {
  return [...readFileSync(path, 'utf8').matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, code]) => code as string);
}
