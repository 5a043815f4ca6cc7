/** Draws plots to SVG with Vega-Lite and Vega: without a browser, without a canvas. The packages are loaded with the first plot. */
import type { JsonObject } from '../../base/canonical-json.ts';
import type { LoggerInterface } from 'vega';
import type { TopLevelSpec } from 'vega-lite';
import { InternalError } from '../../base/errors.ts';
import { COLORS, type Plot } from './plot.ts';

/** Draws a plot once: a page that renews itself asks again for those that have not changed. */
export class PlotDrawer {
  readonly #drawn = new Map<string, string>();

  /** The SVG with its width and height, in the page's colours. */
  async draw({ view }: Plot): Promise<string> {
    const text = JSON.stringify(view);
    const known = this.#drawn.get(text);
    if (known !== undefined) return known;
    const svg = await drawView(view);
    this.#drawn.set(text, svg);
    return svg;
  }
}

/** A phone's width less its margins. */
const WIDTH = 352;
const HEIGHT = 210;

const AXIS = {
  labelColor: 'currentColor',
  titleColor: 'currentColor',
  domainColor: 'currentColor',
  tickColor: 'currentColor',
  gridColor: 'currentColor',
  gridOpacity: 0.12,
  domainOpacity: 0.5,
  tickOpacity: 0.5,
  labelFontSize: 12,
  titleFontSize: 12,
  titleFontWeight: 'normal',
  titleOpacity: 0.85,
  labelOpacity: 0.85,
  tickCount: 5,
};

/** `aria` off: the page says in words what the drawing shows, and a hundred parts of it would only be read out besides. */
const CONFIG = {
  aria: false,
  background: 'transparent',
  view: { stroke: null },
  axis: AXIS,
  line: { color: COLORS[0] },
  point: { color: COLORS[0] },
  text: { fontSize: 12 },
  legend: { labelColor: 'currentColor', labelFontSize: 12, rowPadding: 4, columnPadding: 14, symbolSize: 70 },
};

/** What the packages remark on is for who writes a plot, not for who reads the page; an error is a fault of ours. */
const LOGGER = {
  level: (value?: number) => (value === undefined ? 0 : LOGGER),
  error: (...message: readonly unknown[]): never => {
    throw new InternalError(`a plot cannot be drawn: ${message.join(' ')}`);
  },
  warn: () => LOGGER,
  info: () => LOGGER,
  debug: () => LOGGER,
} as LoggerInterface;

async function drawView(view: JsonObject): Promise<string> {
  const [{ compile }, { parse, View }] = await Promise.all([import('vega-lite'), import('vega')]);
  const spec = {
    ...view,
    width: WIDTH,
    height: HEIGHT,
    padding: { left: 2, right: 6, top: 6, bottom: 2 },
    autosize: { type: 'fit-x', contains: 'padding' },
    config: CONFIG,
  };
  const drawing = new View(parse(compile(spec as unknown as TopLevelSpec, { logger: LOGGER }).spec), {
    renderer: 'none',
    logger: LOGGER,
  });
  try {
    // The parts have roles of their own, which only get in the way of the one name of the whole.
    return (await drawing.toSVG()).replaceAll(/ (role|aria-[a-z]+)="[^"]*"/g, '');
  } finally {
    drawing.finalize();
  }
}
