import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chooseBackend, formatIdentity, identifyBackends } from '../../lib/compute/identify.ts';

let project: string;
const host = { nodeMajor: 20, platform: 'linux', arch: 'x64' };

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'assay-identify-'));
});
afterEach(() => {
  rmSync(project, { recursive: true });
});

function put(path: string, text = ''): void {
  const full = join(project, 'node_modules', path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
}

function installAll(): void {
  for (const name of ['tfjs-core', 'tfjs-node', 'tfjs-backend-wasm', 'tfjs-backend-cpu']) {
    put(`@tensorflow/${name}/package.json`, '{"version":"4.22.0"}');
  }
  put('onnxruntime-node/package.json', '{"version":"1.30.0"}');
  put('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm');
}

test('onnx and tfjs-node without their native code are passed over, and the report says why', () => {
  installAll();
  expect(identifyBackends(project, host)).toMatchInlineSnapshot(`
    [
      {
        "name": "onnx",
        "usable": false,
        "version": "1.30.0",
        "why": "its package holds no binary for linux x64",
      },
      {
        "name": "tfjs-node",
        "usable": false,
        "version": "4.22.0",
        "why": "its native binding is missing: docs/compute.md tells how to build it",
      },
      {
        "name": "wasm",
        "usable": true,
        "version": "4.22.0",
        "why": "WebAssembly with SIMD, one core, no native code",
      },
      {
        "name": "cpu",
        "usable": true,
        "version": "4.22.0",
        "why": "plain JavaScript, about fifteen times slower than wasm",
      },
    ]
  `);
  expect(formatIdentity(chooseBackend('auto', project, 2, host))).toBe('wasm@4.22.0/1');
});

test('onnx is preferred where its package holds a binary for this machine, with a thread for each cpu of the stage', () => {
  installAll();
  put('onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node');
  expect(formatIdentity(chooseBackend('auto', project, 2, host))).toBe('onnx@1.30.0/2');
  expect(formatIdentity(chooseBackend('onnx', project, 1, host))).toBe('onnx@1.30.0/1');
  expect(formatIdentity(chooseBackend('auto', project, 2, { ...host, arch: 'riscv64' }))).toBe('wasm@4.22.0/1');
});

test.each(['libtensorflow.so.2.9.1', 'libtensorflow_cc.so.2.9.1'])(
  'the version of tfjs-node names the TensorFlow library beside it: %s',
  (library) => {
    installAll();
    put('@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node');
    put('@tensorflow/tfjs-node/deps/lib/libtensorflow_framework.so.2.9.1');
    put(`@tensorflow/tfjs-node/deps/lib/${library}`);
    expect(formatIdentity(chooseBackend('tfjs-node', project, 1, host))).toBe('tfjs-node@4.22.0+tensorflow.2.9.1/1');
  },
);

test('tfjs-node with its binding is preferred, on a Node that can load it', () => {
  installAll();
  put('@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node');
  expect(formatIdentity(chooseBackend('auto', project, 2, host))).toBe('tfjs-node@4.22.0/2');
  expect(formatIdentity(chooseBackend('auto', project, 2, { ...host, nodeMajor: 24 }))).toBe('wasm@4.22.0/1');
  expect(() => chooseBackend('tfjs-node', project, 2, { ...host, nodeMajor: 24 })).toThrowErrorMatchingInlineSnapshot(
    `[UserError: the tensor backend "tfjs-node" cannot be used: it does not run on Node 23 or later, and this is Node 24]`,
  );
});

test('a name that is no backend is an error with the nearest name', () => {
  installAll();
  try {
    chooseBackend('wsam', project, 2, host);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({
      code: 'unknown-compute',
      message: 'params.compute is "wsam", which is no tensor backend',
      hint: 'did you mean "wasm"? allowed: auto, onnx, tfjs-node, wasm, cpu',
    });
  }
});

test('with no tensor library installed, the error names every backend and what it lacks', () => {
  try {
    chooseBackend('auto', project, 2, host);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({
      code: 'compute-unavailable',
      message:
        'no tensor backend can be used: onnx: onnxruntime-node is not installed; tfjs-node: @tensorflow/tfjs-node is not installed; ' +
        'wasm: @tensorflow/tfjs-backend-wasm is not installed; cpu: @tensorflow/tfjs-backend-cpu is not installed',
      hint: 'run npm install',
    });
  }
});

test('a backend installed in a folder above the project is found, as Node would find it', () => {
  installAll();
  expect(chooseBackend('cpu', join(project, 'a/b'), 2, host).version).toBe('4.22.0');
});
