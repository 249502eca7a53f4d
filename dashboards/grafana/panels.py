"""The kinds of panels that the dashboards are made of, each with a title, a description, a unit and
thresholds. A panel's queries are pairs of a legend and an expression."""

from grafana_foundation_sdk.builders import (common, dashboard, heatmap, prometheus, stat,
                                             statetimeline, table, text, timeseries)
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import heatmap as heatmap_model
from grafana_foundation_sdk.models import prometheus as prometheus_model

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
NO_DATA = "no data"
# Which level is high is a matter of policy: these are of 0 to 1, the highest.
NEARNESS_STEPS = ("green", (0.001, "yellow"), (0.5, "orange"), (1, "red"))
LEVEL_STEPS = ("green", (1, "yellow"))
PLAIN = ("text",)  # thresholds of what is neither good nor bad


def thresholds(*steps):
    """thresholds("green", (1, "red")): green, and red from 1 on."""
    first, *others = steps
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(
        [model.Threshold(None, first)] + [model.Threshold(value, color) for value, color in others])


def texts(of):
    """Mappings of values, and of ranges (first, last), to a text and a colour:
    texts({0: ("none", "red"), (1, 3): ("few", "orange")})."""
    values, ranges = {}, []
    for index, (value, (shown, color)) in enumerate(of.items()):
        result = model.ValueMappingResult(text=shown, color=color, index=index)
        if isinstance(value, tuple):
            ranges.append(model.RangeMap(model.DashboardRangeMapOptions(*value, result)))
        else:
            values[str(value)] = result
    return ([model.ValueMap(values)] if values else []) + ranges


def steps_property(*steps):
    """Thresholds as an override has them."""
    return ("thresholds", thresholds(*steps).build())


def colors(**of):
    """Overrides that give series, by their names, fixed colours."""
    return {name: [("color", {"mode": "fixed", "fixedColor": color})] for name, color in of.items()}


def tile(title, description, queries, *, unit, steps, no_value=NO_DATA, mappings=(), links=(),
         width=4, decimals=None, overrides=None):
    """A number, as it is now, from an expression; or several, with their legends."""
    alone = isinstance(queries, str)
    # A range query would go on showing the last value of a series that has ended.
    panel = _panel(stat.Panel(), title, description, [("", queries)] if alone else queries, unit,
                   steps, no_value, links, width, 4, kind="instant")
    panel = (panel.mappings(list(mappings))
             .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
             .graph_mode(options.BigValueGraphMode.NONE)
             .color_mode(options.BigValueColorMode.BACKGROUND)
             .text_mode(options.BigValueTextMode.VALUE if alone
                        else options.BigValueTextMode.VALUE_AND_NAME))
    if decimals is not None:
        panel = panel.decimals(decimals)
    return _override(panel, overrides)


def graph(title, description, queries, *, unit, steps=("green",), no_value=NO_DATA, links=(),
          width=8, height=8, stacked=False, bars=False, stepped=False, interval="",
          overrides=None, minimum=0):
    """Values over time; thresholds beyond the first are drawn as dashed lines."""
    panel = _panel(timeseries.Panel(), title, description, queries, unit, steps, no_value, links,
                   width, height, interval=interval)
    dashed = len(steps) > 1
    panel = (panel
             .color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC))
             .line_width(1)
             .fill_opacity(60 if stacked or bars else 10)
             .show_points(options.VisibilityMode.AUTO)
             .draw_style(options.GraphDrawStyle.BARS if bars else options.GraphDrawStyle.LINE)
             .line_interpolation(options.LineInterpolation.STEP_AFTER if stepped
                                 else options.LineInterpolation.LINEAR)
             .thresholds_style(common.GraphThresholdsStyleConfig().mode(
                 options.GraphThresholdsStyleMode.DASHED if dashed
                 else options.GraphThresholdsStyleMode.OFF))
             .legend(_legend(True))
             .tooltip(_tooltip()))
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(options.StackingMode.NORMAL).group("A"))
    if minimum is not None:
        panel = panel.min(minimum)
    return _override(panel, overrides)


def timeline(title, description, queries, *, unit="none", steps, no_value=NO_DATA, mappings=(),
             links=(), data_links=(), width=12, height=8):
    """States over time, one row a series."""
    panel = _panel(statetimeline.Panel(), title, description, queries, unit, steps, no_value, links,
                   width, height)
    return (panel
            .mappings(list(mappings))
            .data_links(list(data_links))
            .color_scheme(dashboard.FieldColor().mode(model.FieldColorModeId.THRESHOLDS))
            .line_width(0)
            .fill_opacity(70)
            .merge_values(True)
            .show_value(options.VisibilityMode.AUTO)
            .align_value(options.TimelineValueAlignment.LEFT)
            .row_height(0.9)
            .per_page(20)
            .legend(_legend(False))
            .tooltip(_tooltip()))


def heat_map(title, description, query, *, unit, rows, cells, no_value=NO_DATA, links=(), width=12,
             height=9):
    """Counts over time; the query's legend is a number, which names the row."""
    panel = _panel(heatmap.Panel(), title, description, [query], unit, PLAIN, no_value, links, width,
                   height)
    return (panel
            .calculate(False)  # the query's series are the rows already
            .color(heatmap.HeatmapColorOptions()
                   .mode(heatmap_model.HeatmapColorMode.SCHEME).scheme("Oranges")
                   .scale(heatmap_model.HeatmapColorScale.EXPONENTIAL).exponent(0.5).steps(64)
                   .fill("dark-orange").reverse(False))
            .filter_values(heatmap.FilterValueRange().le(1e-9))
            .rows_frame(heatmap.RowsHeatmapOptions().layout(options.HeatmapCellLayout.AUTO)
                        .value(cells))
            .y_axis(heatmap.YAxisConfig().axis_label(rows).unit("none").decimals(0)
                    .axis_placement(options.AxisPlacement.LEFT).reverse(False))
            .cell_values(heatmap.CellValues().unit(unit).decimals(0))
            .cell_gap(1)
            .show_value(options.VisibilityMode.NEVER)
            .mode(options.TooltipDisplayMode.SINGLE)
            .show_legend())


def rows(title, description, queries, *, unit, columns, sort_by, no_value=NO_DATA, links=(),
         data_links=None, overrides=None, width=24, height=9):
    """A table of what is now: instant queries, joined by their labels. Columns are shown in this
    order, each as (field, heading); the nth query's value is the field `Value #A`, `Value #B` …"""
    panel = _panel(table.Panel(), title, description, queries, unit, PLAIN, no_value, links, width,
                   height, kind="table")
    panel = (panel
             .max_data_points(120)  # bounds the steps of subqueries
             .with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
             .with_transformation(model.DataTransformerConfig(id_val="organize", options={
                 "excludeByName": {"Time": True},
                 "indexByName": {field: index for index, (field, _) in enumerate(columns)},
                 "renameByName": {field: heading for field, heading in columns
                                  if field != heading}}))
             .show_header(True)
             .sort_by([common.TableSortByFieldState().display_name(column).desc(True)
                       for column in sort_by]))
    return _override(panel, overrides)


def note(content, *, width, height):
    return (text.Panel().title("What to do").transparent(True).span(width).height(height)
            .mode("markdown").content(content))


def link(title, url, *, new_tab=False):
    return (dashboard.DashboardLink(title).type(model.DashboardLinkType.LINK).url(url)
            .target_blank(new_tab))


def _panel(panel, title, description, queries, unit, steps, no_value, links, width, height, *,
           kind="range", interval=""):
    panel = (panel.title(title).description(description).datasource(SOURCE).unit(unit)
             .thresholds(thresholds(*steps)).no_value(no_value).links(list(links)).span(width)
             .height(height))
    for index, (legend, expression) in enumerate(queries):
        panel = panel.with_target(_query(chr(ord("A") + index), legend, expression, kind, interval))
    return panel


def _query(reference, legend, expression, kind, interval):
    query = (prometheus.Dataquery().ref_id(reference).datasource(SOURCE).expr(expression)
             .editor_mode(prometheus_model.QueryEditorMode.CODE)
             .format(prometheus_model.PromQueryFormat.TABLE if kind == "table"
                     else prometheus_model.PromQueryFormat.TIME_SERIES))
    query = query.range() if kind == "range" else query.instant()
    if interval:
        query = query.interval(interval)
    return query.legend_format(legend) if legend else query


def _override(panel, overrides):
    for name, properties in (overrides or {}).items():
        panel = panel.override_by_name(
            name, [model.DynamicConfigValue(key, value) for key, value in properties])
    return panel


def _legend(shown):
    return (common.VizLegendOptions().show_legend(shown).calcs([])
            .display_mode(options.LegendDisplayMode.LIST).placement(options.LegendPlacement.BOTTOM))


def _tooltip():
    return (common.VizTooltipOptions().mode(options.TooltipDisplayMode.MULTI)
            .sort(options.SortOrder.DESCENDING))
