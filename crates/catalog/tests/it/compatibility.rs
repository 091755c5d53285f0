//! What a later version of a catalogue may not change.

use almanac_catalog::{CatalogFiles, compatibility};

use crate::catalogue::{catalog, files, load, replace, with, with_more};

fn told(later: &CatalogFiles) -> String {
    let problems = compatibility(&catalog(), &load(later));
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// What is said of each change by itself, a line each.
fn each_told(file: &str, changes: &[(&str, &str)]) -> String {
    let told: Vec<String> = changes.iter().map(|(old, new)| told(&with(file, old, new))).collect();
    told.join("\n")
}

#[test]
fn the_same_catalogue_follows_itself() {
    assert_eq!(told(&files()), "");
}

#[test]
fn texts_ranges_and_additions_may_change() {
    for later in [
        with("post.toml", "Items handled.", "Items handled by post offices."),
        with("post.toml", "max = \"1000000\"", "max = \"2000000\""),
        with("post.toml", "carry_forward = 2", "carry_forward = 3"),
        with("post.toml", "per = \"100\"", "per = \"1000\""),
        with(
            "areas.csv",
            "32244.2025,32244,Xã Đất Mũi,commune,96,2025-07-01,",
            "32244.2025,32244,Xã Đất Mũi,commune,96,2025-07-01,2030-01-01",
        ),
        with_more("areas.csv", "91,91,Kiên Giang,province,,1997-01-01,\n"),
    ] {
        assert_eq!(told(&later), "");
    }
}

#[test]
fn a_metric_keeps_its_meaning() {
    insta::assert_snapshot!(each_told("post.toml", &[
        ("method = \"tally\"", "method = \"report\""),
        ("unit = \"item\"\ndecimals", "unit = \"percent\"\ndecimals"),
        ("decimals = 1", "decimals = 2"),
        ("frequency = \"year\"", "frequency = \"month\""),
        ("unit = \"inhabitant\"", "unit = \"inhabitant\"\nsum = \"none\""),
        ("decimals = 1", "decimals = 1\ndimensions = [\"direction\"]"),
    ]), @r#"
post.toml:29: the method of metric "permits.issued" was tally and is report; define a new metric id; the old one keeps its figures
post.toml:29: the unit of metric "permits.issued" was item and is percent; define a new metric id; the old one keeps its figures
post.toml:29: "decimals" of metric "permits.issued" was 1 and is 2; define a new metric id; the old one keeps its figures
post.toml:42: the frequency of metric "population.inhabitants" was year and is month; define a new metric id; the old one keeps its figures
post.toml:42: "sum" of metric "population.inhabitants" was sum and is none; define a new metric id; the old one keeps its figures
post.toml:29: the list of dimensions of metric "permits.issued" was empty and is direction; define a new metric id; the old one keeps its figures
"#);
    let mut stock_to_flow = with("post.toml", "kind = \"stock\"", "kind = \"flow\"");
    replace(&mut stock_to_flow, "post.toml", "carry_forward = 2", "");
    insta::assert_snapshot!(told(&stock_to_flow), @r#"post.toml:42: the kind of metric "population.inhabitants" was stock and is flow; define a new metric id; the old one keeps its figures"#);
}

#[test]
fn what_recorded_figures_name_is_kept() {
    let mut later = with(
        "post.toml",
        "  { code = \"_X\", label = { vi = \"Không rõ\", en = \"Not specified\" } },\n",
        "",
    );
    replace(&mut later, "post.toml", "id = \"post-office\"", "id = \"the-post\"");
    replace(
        &mut later,
        "post.toml",
        "reporter = \"post-office\"",
        "reporter = \"the-post\"",
    );
    replace(
        &mut later,
        "post.toml",
        "metrics = [\"post.items\", \"permits.issued\"]",
        "metrics = [\"post.items\"]",
    );
    replace(
        &mut later,
        "post.toml",
        "id = \"permits.issued\"",
        "id = \"permits.granted\"",
    );
    replace(
        &mut later,
        "transitions.csv",
        "31813,31813.2025,2025-07-01,whole,,\n",
        "",
    );
    replace(
        &mut later,
        "areas.csv",
        "31813,31813,Phường 2,commune,954,2004-01-01,2025-07-01\n",
        "",
    );
    insta::assert_snapshot!(told(&later), @r#"
areas.csv:7: area "31813" was removed; keep it: recorded figures name it
post.toml:2: code "_X" of dimension "direction" was removed; keep it: recorded figures name it
post.toml:29: metric "permits.issued" was removed; keep it: recorded figures name it
post.toml:80: reporter "post-office" was removed; keep it: recorded figures name it
"#);
}

#[test]
fn the_past_is_not_rewritten() {
    insta::assert_snapshot!(each_told("areas.csv", &[
        ("954,954,Thành phố Bạc Liêu,district,95", "954,954,Thành phố Bạc Liêu,district,96"),
        ("96,96,Cà Mau,province,,1997", "96,96,Cà Mau,province,,1996"),
    ]), @r#"
areas.csv:4: the validity of area "954" was rewritten; keep its lines; end the last one and add others after it
areas.csv:2: the validity of area "96" was rewritten; keep its lines; end the last one and add others after it
"#);
    insta::assert_snapshot!(told(&with("areas.csv", "32244.2025,32244,Xã Đất Mũi,commune", "32244.2025,32244,Xã Đất Mũi,district")), @r#"areas.csv:13: the level of area "32244.2025" was commune and is district; give the later unit another area id"#);
    insta::assert_snapshot!(each_told("catalog.toml", &[
        ("Asia/Ho_Chi_Minh", "Asia/Bangkok"),
        ("id = \"test\"", "id = \"test-2\""),
    ]), @r#"
catalog.toml:1: the time zone was Asia/Ho_Chi_Minh and is Asia/Bangkok; keep the time zone: it decided in which periods recorded instants were counted
catalog.toml:1: the catalogue was "test" and is "test-2"; keep the id; another catalogue needs a log of its own
"#);
}
