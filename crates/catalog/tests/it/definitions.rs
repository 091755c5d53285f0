//! What the TOML files may not say. Each snapshot has a line for each mistake, in the order of the changes.

use almanac_catalog::CatalogFiles;

use crate::catalogue::{files, problems, replace, told, with, with_more};

#[test]
fn syntax_keys_and_types() {
    insta::assert_snapshot!(told("post.toml", &[
        ("kind = \"flow\"", "kind = flow"),
        ("frequency = \"month\"", "frequenzy = \"month\""),
        ("[[dimension]]", "[[dimensions]]"),
        ("decimals = 1", "decimals = \"1\""),
        ("decimals = 1", "decimals = 12"),
        ("min = \"0\"", "min = 0"),
        ("min = \"0\"", "min = \"zero\""),
        ("unit = \"item\"", "unit = 7"),
        ("dimensions = [\"direction\"]", "dimensions = \"direction\""),
        ("to = \"2025-07-01\"", "to = \"2025-7-1\""),
        ("to = \"2025-07-01\"", "to = 2025-07-01"),
        ("kind = \"flow\"", "kind = \"flows\""),
        ("[[report.section.line]]", "[report.section.line]"),
    ]), @r#"
post.toml:19:8: the file is not TOML here: invalid boolean, expected `false`; correct the syntax; texts stand in double quotes, tables begin with [name] or [[name]]
post.toml:13: metric "post.items" has no "frequency"; add frequency = "day", "week", "month", "quarter", "half" or "year"
post.toml:23: metric "post.items" has the unknown key "frequenzy"; did you mean "frequency"?
post.toml:1: there is no section "dimensions"; did you mean "dimension"?
post.toml:22: there is no dimension "direction"; define it, or name a defined dimension
post.toml:106: there is no dimension "direction"; define it, or name a defined dimension
post.toml:37: "decimals" of metric "permits.issued" is not a whole number from 0 to 9; write decimals = 0, without quotes
post.toml:37: "decimals" of metric "permits.issued" is not a whole number from 0 to 9; write decimals = 0, without quotes
post.toml:25: "min" of metric "post.items" is of type integer; write the number in quotes, such as "0.5": it is kept exactly as written
post.toml:25: "min" of metric "post.items": "zero" is not a decimal number; write digits with an optional '-' and one '.', such as "1456018" or "-2.5", without separators, spaces or exponent; write a number such as "0.5"
post.toml:21: "unit" of metric "post.items" is of type integer; write a text in double quotes
post.toml:22: "dimensions" of metric "post.items" is of type string; write a list of texts, such as ["a", "b"]
post.toml:24: "to" is "2025-7-1", which is not a day of the calendar; write it as "2017-01-31"
post.toml:24: "to" of "levels" of metric "post.items" is of type datetime; write a text in double quotes
post.toml:19: "kind" of metric "post.items" is "flows"; write "flow" or "stock"
post.toml:102: "line" of "section" of report "annual-review" is of type table; write a list of tables, such as [ { ... }, { ... } ]
"#);
    insta::assert_snapshot!(told("catalog.toml", &[("[catalog]", "[[catalog]]"), ("[catalog]", "[catalogue]")]), @r#"
catalog.toml:1: "catalog" is of type array here; begin it with [catalog]
catalog.toml:1: no file has a [catalog] table; add one with id, time_zone, label and owner
catalog.toml:1: no file has a [catalog] table; add one with id, time_zone, label and owner
catalog.toml:1: there is no section "catalogue"; did you mean "catalog"?
"#);
}

#[test]
fn labels_definitions_sources_and_owners() {
    insta::assert_snapshot!(told("post.toml", &[
        ("label = { vi = \"Bưu gửi\", en = \"Postal items\" }", "label = { en = \"Postal items\" }"),
        ("label = { vi = \"Bưu gửi\", en = \"Postal items\" }", "label = { vi = \"\", en = \"Postal items\" }"),
        ("label = { vi = \"Bưu gửi\", en = \"Postal items\" }", "label = \"Postal items\""),
        ("definition = { vi = \"Số bưu gửi.\", en = \"Items handled.\" }", ""),
        ("source = \"Circular 03/2022\"", ""),
        ("owner = \"Statistics office\"", "owner = \" \""),
        ("{ code = \"sent\", label = { vi = \"Đi\", en = \"Sent\" } }", "{ code = \"sent\" }"),
    ]), @r#"
post.toml:15: "label" of metric "post.items" has no "vi"; add vi = "..."
post.toml:15: "vi" of "label" of metric "post.items" is empty; write what it is
post.toml:15: "label" of metric "post.items" is of type string; write a table, such as { ... }
post.toml:13: metric "post.items" has no "definition"; add definition = { vi = "...", en = "..." }
post.toml:1: dimension "direction" has no "source"; add source = "..."
post.toml:6: "owner" of dimension "direction" is empty; write what it is
post.toml:8: "codes" of dimension "direction" has no "label"; add label = { vi = "...", en = "..." }
"#);
}

#[test]
fn the_catalogue_itself() {
    insta::assert_snapshot!(told("catalog.toml", &[
        ("Asia/Ho_Chi_Minh", "Asia/Ho_Chi_Min"),
        ("Asia/Ho_Chi_Minh", "Cà Mau"),
        ("id = \"test\"", "id = \"my test\""),
    ]), @r#"
catalog.toml:3: there is no time zone "Asia/Ho_Chi_Min"; did you mean "Asia/Ho_Chi_Minh", "Asia/Phnom_Penh" or "Asia/Harbin"?
catalog.toml:3: there is no time zone "Cà Mau"; write an IANA name, such as "Asia/Ho_Chi_Minh"
catalog.toml:2: "id" "my test" has ' ' at byte 2; give letters, digits, '_', '.' and '-', such as "96" or "annual-review-2017"; give it an id of that form
"#);
    insta::assert_snapshot!(problems(&CatalogFiles::default()), @r#"
areas.csv:1: the file is not there; begin the file with the line area,code,name_vi,level,parent,valid_from,valid_to
catalog.toml:1: no file has a [catalog] table; add one with id, time_zone, label and owner
"#);
    insta::assert_snapshot!(problems(&with_more("a.toml", "[catalog]\nid = \"x\"\ntime_zone = \"UTC\"\nlabel = { vi = \"x\", en = \"x\" }\nowner = \"x\"")), @"catalog.toml:1: [catalog] stands at a.toml:1 already; keep one of them");
    insta::assert_snapshot!(problems(&with_more("transition.csv", "")), @r#"transition.csv:1: "transition.csv" is no file of a catalogue; did you mean "transitions.csv"?"#);
}

#[test]
fn ids() {
    insta::assert_snapshot!(told("post.toml", &[
        ("id = \"permits.issued\"", "id = \"post.items\""),
        ("id = \"post.sent_share\"", "id = \"post.items\""),
        ("id = \"permits.issued\"", "id = \"Permits\""),
        ("code = \"received\"", "code = \"sent\""),
        ("code = \"_X\"", "code = \"_T\""),
        ("code = \"_X\"", "code = \"not specified\""),
    ]), @r#"
post.toml:29: metric "post.items" is already defined at post.toml:14; give one of them another id
post.toml:82: there is no metric "permits.issued"; define it, or name a defined metric
post.toml:66: indicator "post.items" is already defined as metric at post.toml:14; give one of them another id
post.toml:29: "id" "Permits" has 'P' at byte 0; give lower-case letters, digits, '_' and '.', a letter first, such as "telephone.subscriptions"; give it an id of that form
post.toml:82: there is no metric "permits.issued"; did you mean "Permits"?
post.toml:9: the code "sent" stands in this dimension already; give one of them another code
post.toml:10: the code "_T" stands for the total; leave it out: totals are computed
post.toml:10: "code" "not specified" has ' ' at byte 3; give letters, digits, '_', '.' and '-', such as "96" or "annual-review-2017"; give it an id of that form
"#);
    insta::assert_snapshot!(told("catalog.toml", &[("id = \"percent\"", "id = \"item\"")]), @r#"
catalog.toml:28: unit "item" is already defined at catalog.toml:20; give one of them another id
post.toml:73: there is no unit "percent"; define it, or name a defined unit
"#);
}

#[test]
fn unknown_names() {
    insta::assert_snapshot!(told("post.toml", &[
        ("unit = \"item\"", "unit = \"itme\""),
        ("dimensions = [\"direction\"]", "dimensions = [\"directoin\"]"),
        ("level = \"district\"", "level = \"distrit\""),
        ("metrics = [\"post.items\",", "metrics = [\"post.item\","),
        ("areas = [\"96\"]\n\n[[expectation]]", "areas = [\"Ca Mau\"]\n\n[[expectation]]"),
        ("reporter = \"post-office\"", "reporter = \"postoffice\""),
        ("metric = \"post.items\"", "metric = \"letters\""),
        ("areas = [\"96\"]\nfrom", "areas = [\"97\"]\nfrom"),
        ("measure = \"post.items\"", "measure = \"post.itmes\""),
        ("direction = [\"sent\"]", "direction = [\"snt\"]"),
        ("filter = { direction", "filter = { way"),
        ("optional = [\"post.items\"]", "optional = [\"items\"]"),
    ]), @r#"
post.toml:21: there is no unit "itme"; did you mean "item"?
post.toml:22: there is no dimension "directoin"; did you mean "direction"?
post.toml:24: there is no level "distrit"; did you mean "district"?
post.toml:82: there is no metric "post.item"; did you mean "post.items"?
post.toml:83: there is no area "Ca Mau"; did you mean "96" or "964"?
post.toml:86: there is no reporter "postoffice"; did you mean "post-office"?
post.toml:87: there is no metric "letters"; define it, or name a defined metric
post.toml:88: there is no area "97"; did you mean "973"?
post.toml:105: there is no metric or indicator "post.itmes"; did you mean "post.items" or "post.sent_share"?
post.toml:106: dimension direction has no code "snt"; did you mean "sent"?
post.toml:106: there is no dimension "way"; define it, or name a defined dimension
post.toml:77: there is no metric or indicator "items"; did you mean "post.items"?
"#);
}

#[test]
fn rule_2_a_stock_is_not_summed_over_time_and_a_flow_is() {
    insta::assert_snapshot!(told("post.toml", &[
        ("kind = \"stock\"", "kind = \"stock\"\ntime = \"sum\""),
        ("kind = \"flow\"", "kind = \"flow\"\ntime = \"last\""),
        ("kind = \"flow\"", "kind = \"flow\"\ncarry_forward = 1"),
        ("kind = \"flow\"", "kind = \"flow\"\nsum = \"all\""),
    ]), @r#"
post.toml:48: metric "population.inhabitants" is a stock and is summed over time; write "last", "first", "average", "min" or "max": twelve month-ends are not a year
post.toml:20: metric "post.items" is a flow and is not summed over time; write "sum", or leave it out
post.toml:20: metric "post.items" is a flow and has "carry_forward"; leave it out: what happened in one period did not happen in the next
post.toml:20: "sum" of metric "post.items" is "all"; write "sum" or "none"
"#);
}

#[test]
fn rule_15_only_reports_of_a_flow_are_totals_since_the_start_of_the_year() {
    let items = |frequency: &str| {
        format!("cumulative = \"year\"\nfrequency = \"{frequency}\"\nlevels = [ {{ level = \"district\"")
    };
    let levels = "frequency = \"month\"\nlevels = [ { level = \"district\"";
    insta::assert_snapshot!(told("post.toml", &[
        ("kind = \"stock\"", "kind = \"stock\"\ncumulative = \"year\""),
        ("method = \"tally\"", "method = \"tally\"\ncumulative = \"year\""),
        (levels, &items("year")),
        (levels, &items("week")),
        (levels, &items("day").replace("\"year\"", "\"month\"")),
    ]), @r#"
post.toml:48: metric "population.inhabitants" is a stock and has "cumulative"; leave it out: how much there is does not add up since the start of a year
post.toml:48: metric "population.inhabitants" is not reported by parts of a year and has "cumulative"; write frequency = "month", "quarter" or "half", or leave it out
post.toml:36: metric "permits.issued" is a tally and has "cumulative"; write method = "report": each event of a tally adds by itself
post.toml:23: metric "post.items" is not reported by parts of a year and has "cumulative"; write frequency = "month", "quarter" or "half", or leave it out
post.toml:23: metric "post.items" is not reported by parts of a year and has "cumulative"; write frequency = "month", "quarter" or "half", or leave it out
post.toml:23: "cumulative" of metric "post.items" is "month"; write "year"
"#);
    crate::catalogue::load(&with(
        "post.toml",
        levels,
        &items("quarter").replace("quarter", "month"),
    ));
}

#[test]
fn rule_4_a_metric_is_collected_at_one_level_at_a_time() {
    insta::assert_snapshot!(told("post.toml", &[
        (", from = \"2025-07-01\"", ", from = \"2025-06-01\""),
        (", from = \"2025-07-01\"", ""),
        ("level = \"district\", to", "level = \"district\", from = \"2026-01-01\", to"),
        ("levels = [ { level = \"province\" } ]", "levels = []"),
        ("levels = [ { level = \"province\" } ]", ""),
    ]), @r#"
post.toml:24: metric "post.items" is collected by district and by commune on the same days; end one where the other begins: parents and children must not be counted together
post.toml:24: metric "post.items" is collected by district and by commune on the same days; end one where the other begins: parents and children must not be counted together
post.toml:24: "levels" of metric "post.items" ends before it begins; write the first day on which it is no longer so
post.toml:39: "levels" of metric "permits.issued" is empty; name at least one
post.toml:28: metric "permits.issued" has no "levels"; add levels = [ { level = "..." } ]
"#);
    let with_a_gap = with("post.toml", ", from = \"2025-07-01\"", ", from = \"2025-09-01\"");
    crate::catalogue::load(&with_a_gap);
}

#[test]
fn ranges_dimensions_and_decimals() {
    insta::assert_snapshot!(told("post.toml", &[
        ("min = \"0\"\nmax = \"1000000\"", "min = \"10\"\nmax = \"9.5\""),
        ("min = \"0\"\nmax = \"1000000\"", "min = \"0.5\""),
        ("min = \"0\"\nmax = \"100\"", "min = \"101\"\nmax = \"100\""),
        ("dimensions = [\"direction\"]", "dimensions = [\"direction\", \"direction\"]"),
    ]), @r#"
post.toml:25: "min" of metric "post.items" is 10, above its "max" 9.5; exchange them
post.toml:26: "max" of metric "post.items": 9.5 has 1 decimal; the metric declares 0; write it with the metric's decimals
post.toml:25: "min" of metric "post.items": 0.5 has 1 decimal; the metric declares 0; write it with the metric's decimals
post.toml:75: "min" of indicator "post.sent_share" is 101, above its "max" 100; exchange them
post.toml:22: metric "post.items" lists the dimension "direction" twice; list it once
"#);
}

#[test]
fn expectations() {
    let cells = |cells: &str| format!("from = \"2017-01-01\"\ncells = [ {cells} ]");
    let from = "from = \"2017-01-01\"";
    insta::assert_snapshot!(told("post.toml", &[
        (from, &cells("{ direction = \"snt\" }")),
        (from, &cells("{ direction = \"sent\", scope = \"domestic\" }")),
        (from, &cells("{}")),
        (from, &cells("{ direction = \"sent\" }, { direction = \"sent\" }")),
        (from, &cells("")),
        (from, "from = \"2017-01-01\"\nto = \"2017-01-01\""),
        (from, ""),
        (from, "from = \"2017-01-01\"\ndue_days = -1"),
        (from, "from = \"2017-01-01\"\ndue_day = 5"),
        ("metric = \"post.items\"", "metric = \"permits.issued\""),
        ("metric = \"post.items\"", "metric = \"population.inhabitants\""),
        ("areas = [\"96\"]\nfrom", "areas = [\"95\"]\nfrom"),
    ]), @r#"
post.toml:90: dimension direction has no code "snt"; did you mean "sent"?
post.toml:90: metric post.items has no dimension "scope"; leave it out
post.toml:90: this combination has no code for "direction"; give one for each dimension of the metric
post.toml:90: this combination of codes stands in "cells" already; list it once
post.toml:90: "cells" of the expectation is empty; list the combinations, or leave it out for all of them
post.toml:90: the expectation ends before it begins; write the first day on which nothing is expected
post.toml:85: expectation has no "from"; add from = "2017-01-01"
post.toml:90: "due_days" of expectation is not a whole number from 0 to 3660; write due_days = 0, without quotes
post.toml:90: expectation has the unknown key "due_day"; did you mean "due_days"?
post.toml:85: metric "permits.issued" is a tally: nobody knows how many events ought to come; expect only metrics with method = "report"
post.toml:85: reporter "post-office" is expected to report "population.inhabitants" and may not; add "population.inhabitants" to "metrics" of the reporter
post.toml:85: reporter "post-office" is expected to report for area "95" and may not; add "95" to "areas" of the reporter
"#);
}

#[test]
fn reports() {
    insta::assert_snapshot!(told("post.toml", &[
        ("measure = \"post.items\"", "measure = \"permits.issued\""),
        ("granularity = \"year\"", "granularity = \"day\""),
        ("id = \"sent\"\n", ""),
        (
            "[[report.section.line]]",
            "[[report.section.line]]\nid = \"sent\"\nlabel = { vi = \"a\", en = \"a\" }\nmeasure = \"post.items\"\n\n[[report.section.line]]",
        ),
    ]), @r#"
post.toml:92: line "sent" of report "annual-review" filters permits.issued by "direction", which it does not have; leave the filter out
post.toml:92: line "sent" of report "annual-review" wants post.items by day; it exists by month; give the report a granularity that consists of whole periods of the metric
post.toml:102: "line" of "section" of report "annual-review" has no "id"; add id = "..."
post.toml:108: the line "sent" stands in this report already; give one of them another id
"#);
}

#[test]
fn all_mistakes_are_told_at_once_by_file_and_line() {
    let mut files = files();
    replace(&mut files, "catalog.toml", "Asia/Ho_Chi_Minh", "Mars");
    replace(&mut files, "post.toml", "unit = \"item\"", "unit = \"itme\"");
    replace(&mut files, "post.toml", "/ population.inhabitants", "/ population");
    replace(
        &mut files,
        "areas.csv",
        "973,973,Huyện Ngọc Hiển,district",
        "973,973,Huyện Ngọc Hiển,distrct",
    );
    replace(&mut files, "transitions.csv", "95,96", "94,96");
    insta::assert_snapshot!(problems(&files), @r#"
catalog.toml:3: there is no time zone "Mars"; write an IANA name, such as "Asia/Ho_Chi_Minh"
post.toml:21: there is no unit "itme"; did you mean "item"?
post.toml:60:43: the formula names "population", which is neither a metric nor an indicator; did you mean "population.inhabitants"?
transitions.csv:2: there is no area "94"; define it, or name a defined area
"#);
}

#[test]
fn a_mistake_in_a_definition_does_not_make_its_name_unknown() {
    let found = told(
        "post.toml",
        &[
            ("kind = \"flow\"", ""),
            ("formula = \"post.items{direction='sent'} / post.items\"", ""),
        ],
    );
    assert_eq!(found.lines().count(), 2, "{found}");
}
