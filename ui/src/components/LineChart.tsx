import { LineChart as Lines } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef, useState } from 'react';
import { figure } from '@/lib/format';
import { Btn } from './Btn';

use([Lines, GridComponent, TooltipComponent, SVGRenderer]);

/** One line: its name and its points `[x, y]`; a `y` that is not finite is left out and leaves a gap. */
export type Series = { name: string; points: [number, number | null][] };

const colours = ['#0F4C92', '#D9781C', '#17A277', '#5E1A45', '#9A6BE8', '#8A3A14'];
const darkColours = ['#8CBDF5', '#E8A21C', '#2FD09C', '#C05A8A', '#9B6BEB', '#C4523A'];

function draw(box: HTMLElement, series: Series[], xName: string) {
  const style = getComputedStyle(box);
  const ink = style.getPropertyValue('--ink-3').trim();
  const line = style.getPropertyValue('--line').trim();
  const isDark = document.documentElement.dataset['mantineColorScheme'] === 'dark';
  const chart = init(box, undefined, { renderer: 'svg' });
  chart.setOption({
    animation: false,
    color: isDark ? darkColours : colours,
    grid: { left: 8, right: 16, top: 12, bottom: 8, containLabel: true },
    tooltip: { trigger: 'axis', valueFormatter: (value: unknown) => (typeof value === 'number' ? figure(value) : '–') },
    xAxis: { type: 'value', name: xName, nameLocation: 'end', min: 'dataMin', max: 'dataMax', axisLabel: { color: ink, fontSize: 11 }, splitLine: { show: false }, axisLine: { lineStyle: { color: line } } },
    yAxis: { type: 'value', scale: true, axisLabel: { color: ink, fontSize: 11 }, splitLine: { lineStyle: { color: line } } },
    series: series.map(({ name, points }) => ({ type: 'line', name, data: points, showSymbol: points.length < 40, symbolSize: 5, connectNulls: false })),
  });
  return chart;
}

/** A line chart with the sentence that says it, and its table. */
export default function LineChart({ series, sentence, xName }: { series: Series[]; sentence: string; xName: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [isTable, setTable] = useState(false);
  useEffect(() => {
    if (isTable || !box.current) return undefined;
    const chart = draw(box.current, series, xName);
    const watch = new ResizeObserver(() => chart.resize());
    watch.observe(box.current);
    return () => {
      watch.disconnect();
      chart.dispose();
    };
  }, [series, xName, isTable]);
  return (
    <div>
      <div className="row">
        <span className="sm dim">{sentence}</span>
        <span className="sp" />
        <Btn size="sm" look="sub" onClick={() => setTable(!isTable)}>
          {isTable ? 'Chart' : 'Table'}
        </Btn>
      </div>
      {isTable ? (
        <div className="scroll chart" tabIndex={0} role="group" aria-label={`${sentence}, table, scrolls`}>
          <table className="t dense" aria-label={sentence}>
            <thead>
              <tr>
                <th scope="col">Series</th>
                <th scope="col" className="num">{xName}</th>
                <th scope="col" className="num">Value</th>
              </tr>
            </thead>
            <tbody>
              {series.flatMap(({ name, points }) =>
                points.map(([x, y], at) => (
                  <tr key={`${name}-${at}`}>
                    <td>{name}</td>
                    <td className="num">{figure(x)}</td>
                    <td className="num">{figure(y)}</td>
                  </tr>
                )),
              )}
            </tbody>
          </table>
        </div>
      ) : (
        <div className="chart" ref={box} role="img" aria-label={sentence} />
      )}
    </div>
  );
}
