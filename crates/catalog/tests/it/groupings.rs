//! Groupings of areas beside the hierarchy, and breaks in the definitions of metrics.

use almanac_catalog::{CatalogFiles, Codes, Region, Share, Within};
use almanac_model::AreaId;
use jiff::civil::{Date, date};

use crate::catalogue::{load, problems, replace, with, with_more};

const URBANISATION: &str = r#"[[grouping]]
id = "urbanisation"
label = { vi = "Thành thị, nông thôn", en = "Urban and rural" }
definition = { vi = "Phường là thành thị.", en = "Wards are urban." }
source = "Test"
owner = "Statistics office"
codes = [
  { code = "urban", label = { vi = "Thành thị", en = "Urban" } },
  { code = "rural", label = { vi = "Nông thôn", en = "Rural" } },
]
"#;

const MEMBERS: &str = "\
grouping,code,area,from,to
urbanisation,rural,96,,
urbanisation,urban,964,,2025-07-01
urbanisation,rural,31999,,2010-01-01
urbanisation,urban,32002.2025,,
";

fn grouped() -> CatalogFiles {
    let mut files = crate::catalogue::files();
    files.insert("groupings.toml", URBANISATION);
    files.insert("groupings.csv", MEMBERS);
    files
}

/// What loading says after one text in a file is replaced by another.
fn told(file: &str, changes: &[(&str, &str)]) -> String {
    let each = changes.iter().map(|(old, new)| {
        let mut files = grouped();
        replace(&mut files, file, old, new);
        problems(&files)
    });
    each.collect::<Vec<_>>().join("\n")
}

fn area(id: &str) -> AreaId {
    AreaId::new(id).unwrap()
}

#[test]
fn an_area_has_the_code_of_its_nearest_listed_ancestor_of_the_day() {
    let catalog = load(&grouped());
    let code = |id: &str, day: Date| catalog.code_on("urbanisation", &area(id), day).map(ToString::to_string);
    let (early, later, merged) = (date(2009, 12, 31), date(2017, 12, 31), date(2026, 1, 1));
    // ward 9 was rural until 2010, and has the code of its city since
    assert_eq!(code("31999", early).as_deref(), Some("rural"));
    assert_eq!(code("31999", later).as_deref(), Some("urban"));
    // commune Dat Mui lies in a district that is not listed
    assert_eq!(code("32244", later).as_deref(), Some("rural"));
    assert_eq!(code("32244.2025", merged).as_deref(), Some("rural"));
    assert_eq!(code("32002.2025", merged).as_deref(), Some("urban"));
    // Bac Lieu was not classified, and what does not exist has no code
    assert_eq!(code("31813", later), None);
    assert_eq!(code("31999", merged), None);
}

#[test]
fn an_area_is_divided_where_areas_under_it_have_other_codes() {
    let catalog = load(&grouped());
    let urban = Codes::from([("urbanisation".parse().unwrap(), ["urban".parse().unwrap()].into())]);
    let within = |id: &str, day: Date| catalog.has_codes(&area(id), &urban, day);
    assert_eq!(within("96", date(2017, 12, 31)), Within::Divided);
    assert_eq!(within("964", date(2017, 12, 31)), Within::Inside);
    assert_eq!(within("964", date(2009, 12, 31)), Within::Divided, "ward 9 was rural");
    assert_eq!(within("973", date(2017, 12, 31)), Within::Outside);
    assert_eq!(within("95", date(2017, 12, 31)), Within::Outside);
}

#[test]
fn rule_17_what_is_restated_on_a_grouping_has_the_codes_of_the_boundaries_day() {
    let catalog = load(&grouped());
    let part = |code: &str| Region {
        areas: vec![area("96")],
        codes: Codes::from([("urbanisation".parse().unwrap(), [code.parse().unwrap()].into())]),
    };
    let share =
        |id: &str, code: &str| catalog.share_in_region(&area(id), date(2017, 12, 31), &part(code), date(2026, 1, 1));
    assert_eq!(share("32244", "rural"), Share::All);
    assert_eq!(share("32244", "urban"), Share::Nothing);
    // of ward 4, urban then, three quarters went into an urban ward and one into a rural commune
    assert!(matches!(share("32002", "rural"), Share::Part(part) if part.to_decimal_string(2) == "0.25"));
    // all of Ca Mau lies in the province, in both of its parts, and nobody knows how much in which
    assert_eq!(share("96", "urban"), Share::Unknown);
    let same = |code: &str| catalog.same_region(&part(code), date(2009, 12, 31), date(2017, 12, 31));
    assert!(!same("urban"), "ward 9 became urban");
}

#[test]
fn what_a_list_of_groupings_may_not_say() {
    insta::assert_snapshot!(told("groupings.csv", &[
        ("urbanisation,rural,96,,", "urbanization,rural,96,,"),
        ("urbanisation,rural,96,,", "urbanisation,rurall,96,,"),
        ("urbanisation,rural,96,,", "urbanisation,rural,9600,,"),
        ("urbanisation,rural,96,,", "urbanisation,,96,,"),
        ("urbanisation,rural,96,,", "urbanisation,rural,96,2020-01-01,2019-01-01"),
        ("urbanisation,rural,96,,", "urbanisation,rural,96,2020-1-1,"),
        ("urbanisation,rural,96,,", "urbanisation,rural,96,,2020-01-01\nurbanisation,urban,96,2019-01-01,"),
        ("urbanisation,urban,32002.2025,,", "urbanisation,urban,32002.2025,,2025-01-01"),
        ("grouping,code,area,from,to", "grouping,code,region,from,to"),
    ]), @r#"
groupings.csv:2: there is no grouping "urbanization"; did you mean "urbanisation"?
groupings.csv:2: grouping urbanisation has no code "rurall"; did you mean "rural"?
groupings.csv:2: there is no area "9600"; did you mean "96"?
groupings.csv:2: "code" is empty; write what it is
groupings.csv:2: the code of area "96" ends before it begins; write as "to" the first day on which it is no longer so
groupings.csv:2: "from" is "2020-1-1", which is not a day of the calendar; write it as "2017-01-31"
groupings.csv:3: area "96" has two codes of grouping "urbanisation" at the same time: "rural" (at groupings.csv:2) and "urban"; end one line where the other begins, or keep one
groupings.csv:5: area "32002.2025" has a code for a time in which it does not exist; correct the dates, or name the area that existed then
groupings.csv:1: the column "area" is not there; begin the file with the line grouping,code,area,from,to
groupings.csv:1: there is no column "region"; begin the file with the line grouping,code,area,from,to
groupings.toml:2: grouping "urbanisation" has no areas; list them in groupings.csv, under the header grouping,code,area,from,to
"#);
}

#[test]
fn a_grouping_has_areas_and_an_id_of_its_own() {
    let mut without_areas = grouped();
    without_areas.insert("groupings.csv", "grouping,code,area\n");
    let mut taken = grouped();
    replace(
        &mut taken,
        "groupings.toml",
        "id = \"urbanisation\"",
        "id = \"direction\"",
    );
    replace(
        &mut taken,
        "groupings.csv",
        MEMBERS,
        "grouping,code,area\ndirection,urban,96\n",
    );
    let told = [problems(&without_areas), problems(&taken)].join("\n");
    insta::assert_snapshot!(told, @r#"
groupings.toml:2: grouping "urbanisation" has no areas; list them in groupings.csv, under the header grouping,code,area,from,to
groupings.csv:2: there is no grouping "direction"; define it, or name a defined grouping
groupings.toml:2: grouping "direction" is already defined as dimension at post.toml:2; give one of them another id
"#);
}

#[test]
fn a_formula_is_about_one_territory() {
    let mut files = grouped();
    let formula = "formula = \"post.items{direction='sent'} / post.items\"";
    let narrowed = "formula = \"post.items{urbanisation='urban'} / post.items\"";
    replace(&mut files, "post.toml", formula, narrowed);
    insta::assert_snapshot!(problems(&files), @r#"post.toml:71:23: "urbanisation" is a grouping of areas, and a formula is about one territory; leave the filter out, and filter or group_by urbanisation in the question"#);
}

#[test]
fn a_line_of_a_report_may_be_about_a_part_of_the_area() {
    let mut files = grouped();
    replace(
        &mut files,
        "post.toml",
        "filter = { direction = [\"sent\"] }",
        "filter = { urbanisation = [\"urban\"] }",
    );
    load(&files);
    replace(
        &mut files,
        "post.toml",
        "urbanisation = [\"urban\"]",
        "urbanisation = [\"urbane\"]",
    );
    insta::assert_snapshot!(problems(&files), @r#"post.toml:106: grouping urbanisation has no code "urbane"; did you mean "urban"?"#);
}

const BREAKS: &str = r#"carry_forward = 2
breaks = [
  { date = "2019-01-01", label = { vi = "Theo tổng điều tra", en = "After the census" }, source = "Census of 2019" },
  { date = "2014-04-01", label = { vi = "Giữa kỳ", en = "Mid-term census" }, source = "Census of 2014" },
]"#;

#[test]
fn rule_18_breaks_are_dated_and_say_who_made_them() {
    let catalog = load(&with("post.toml", "carry_forward = 2", BREAKS));
    let breaks = &catalog.metric("population.inhabitants").unwrap().breaks;
    let days: Vec<String> = breaks.iter().map(|one| one.date.to_string()).collect();
    assert_eq!(days, ["2014-04-01", "2019-01-01"]);
    let told: Vec<String> = [
        ("date = \"2014-04-01\"", "date = \"2019-01-01\""),
        ("date = \"2014-04-01\"", "date = \"2014\""),
        (", source = \"Census of 2014\"", ""),
        ("label = { vi = \"Giữa kỳ\", en = \"Mid-term census\" }, ", ""),
    ]
    .iter()
    .map(|(old, new)| problems(&with("post.toml", "carry_forward = 2", &BREAKS.replace(old, new))))
    .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
post.toml:55: metric "population.inhabitants" has two breaks on 2019-01-01; say in one what changed
post.toml:55: "date" is "2014", which is not a day of the calendar; write it as "2017-01-31"
post.toml:55: "breaks" of metric "population.inhabitants" has no "source"; add source = "..."
post.toml:55: "breaks" of metric "population.inhabitants" has no "label"; add label = { vi = "...", en = "..." }
"#);
}

#[test]
fn rule_18_a_break_stays_in_later_catalogues() {
    let before = load(&with("post.toml", "carry_forward = 2", BREAKS));
    let told = |later: &CatalogFiles| {
        let problems = almanac_catalog::compatibility(&before, &load(later));
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(told(&crate::catalogue::files()), @r#"
post.toml:42: the break of metric "population.inhabitants" on 2014-04-01 was removed; keep it: figures recorded before and after it mean different things
post.toml:42: the break of metric "population.inhabitants" on 2019-01-01 was removed; keep it: figures recorded before and after it mean different things
"#);
    let with_another = BREAKS.replace(
        "breaks = [",
        "breaks = [\n  { date = \"2024-04-01\", label = { vi = \"x\", en = \"x\" }, source = \"x\" },",
    );
    assert_eq!(told(&with("post.toml", "carry_forward = 2", &with_another)), "");
    assert_eq!(
        told(&with_more_groupings()),
        told(&crate::catalogue::files()),
        "groupings may come and go"
    );
}

fn with_more_groupings() -> CatalogFiles {
    let mut files = with_more("groupings.toml", URBANISATION);
    files.insert("groupings.csv", MEMBERS);
    files
}
