//! Metrics whose values are the plan's figures for another measure.

use almanac_catalog::{MeasureId, SumOperator, compatibility};

use crate::catalogue::{catalog, files, load, problems, replace, with_more};

fn target(id: &str, keys: &str) -> String {
    format!(
        r#"
[[metric]]
id = "{id}"
label = {{ vi = "Kế hoạch", en = "Plan" }}
definition = {{ vi = "Chỉ tiêu.", en = "The plan's figure." }}
source = "Resolution of the council"
owner = "Planning office"
kind = "flow"
frequency = "year"
levels = [ {{ level = "province" }} ]
{keys}
"#
    )
}

fn plan(keys: &str) -> String {
    target("plan.items", &format!("method = \"report\"\nunit = \"item\"\n{keys}"))
}

fn told(definitions: &str) -> String {
    problems(&with_more("targets.toml", definitions))
}

#[test]
fn rule_28_a_target_is_a_metric_that_is_not_added() {
    let with_targets = with_more(
        "targets.toml",
        &(plan("target_of = \"post.items\"\ndimensions = [\"direction\"]")
            + &target(
                "plan.share",
                "method = \"report\"\nunit = \"percent\"\ndecimals = 1\ntarget_of = \"post.sent_share\"",
            )),
    );
    let catalog = load(&with_targets);
    let metric = catalog.metric("plan.items").unwrap();
    assert_eq!(metric.target_of.as_ref().map(MeasureId::as_str), Some("post.items"));
    assert_eq!(metric.sum, SumOperator::None);
    let share = catalog.measure("post.sent_share").unwrap();
    let targets: Vec<&str> = catalog.targets_of(&share).map(|metric| metric.id.as_str()).collect();
    assert_eq!(targets, ["plan.share"]);
}

#[test]
fn rule_28_mistakes_in_a_target_are_told_at_once() {
    insta::assert_snapshot!(told(&plan("target_of = \"post.itmes\"")), @r#"targets.toml:13: there is no metric or indicator "post.itmes"; did you mean "post.items" or "post.sent_share"?"#);
    insta::assert_snapshot!(told(&plan("target_of = \"post.items\"\nsum = \"sum\"")), @r#"targets.toml:14: metric "plan.items" is a target and is added; leave it out: targets never enter a total"#);
    insta::assert_snapshot!(told(&plan("target_of = \"population.inhabitants\"\ndimensions = [\"direction\"]")), @r#"
targets.toml:3: metric "plan.items" has the dimension "direction", which population.inhabitants does not have; leave it out: there is no population.inhabitants by direction
targets.toml:3: metric "plan.items" is in "item" and is a target of population.inhabitants, which is in "inhabitant"; write unit = "inhabitant"
"#);
    insta::assert_snapshot!(told(&target("plan.items", "method = \"tally\"\nunit = \"item\"\ntarget_of = \"post.items\"")), @r#"targets.toml:11: metric "plan.items" is a target and is tallied; write method = "report": a plan is one figure, set at one time"#);
    let since_january = plan("target_of = \"post.items\"\ncumulative = \"year\"")
        .replace("frequency = \"year\"", "frequency = \"quarter\"");
    insta::assert_snapshot!(told(&since_january), @r#"targets.toml:14: metric "plan.items" is a target and is cumulative; leave it out, and write the plan of each period: targets are read as they were recorded"#);
    let stock = plan("target_of = \"post.items\"\ncarry_forward = 1").replace("\"flow\"", "\"stock\"");
    insta::assert_snapshot!(told(&stock), @r#"targets.toml:14: metric "plan.items" is a target and has "carry_forward"; leave it out: the plan of one period is not that of the next"#);
    let of_a_target = target(
        "plan.plan",
        "method = \"report\"\nunit = \"item\"\ntarget_of = \"plan.items\"",
    );
    insta::assert_snapshot!(told(&(plan("target_of = \"post.items\"") + &of_a_target)), @r#"targets.toml:16: metric "plan.plan" is a target of plan.items, which is a target itself; name the metric or indicator that the plan is about"#);
    let second = target(
        "plan.more",
        "method = \"report\"\nunit = \"item\"\ntarget_of = \"post.items\"",
    );
    insta::assert_snapshot!(told(&(plan("target_of = \"post.items\"") + &second)), @r#"targets.toml:16: metrics "plan.items" and "plan.more" are both targets of post.items, by the same period and dimensions; keep one of them: a figure has one target"#);
}

#[test]
fn rule_28_no_formula_names_a_target() {
    let mut files = with_more("targets.toml", &plan("target_of = \"post.items\""));
    let catalog = load(&files);
    let asked = catalog.formula("post.items / plan.items").unwrap_err();
    insta::assert_snapshot!(asked[0], @"column 14: plan.items is a target of post.items, and targets never enter a formula; name post.items, and compare it with its target by COMPARISON_KIND_TARGET");
    replace(
        &mut files,
        "post.toml",
        "formula = \"post.items{direction='sent'} / post.items\"",
        "formula = \"post.items{direction='sent'} / plan.items\"",
    );
    insta::assert_snapshot!(problems(&files), @"post.toml:71:43: plan.items is a target of post.items, and targets never enter a formula; name post.items, and compare it with its target by COMPARISON_KIND_TARGET");
}

#[test]
fn rule_28_a_target_stays_the_target_of_the_same_measure() {
    let before = load(&with_more("targets.toml", &plan("target_of = \"post.items\"")));
    let after = load(&with_more("targets.toml", &plan("target_of = \"permits.issued\"")));
    let plain = load(&with_more("targets.toml", &plan("sum = \"none\"")));
    let lines = |old, new| {
        let problems = compatibility(old, new);
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(lines(&before, &after), @r#"targets.toml:3: "target_of" of metric "plan.items" was post.items and is permits.issued; define a new metric id; the old one keeps its figures"#);
    insta::assert_snapshot!(lines(&plain, &before), @r#"targets.toml:3: "target_of" of metric "plan.items" was absent and is post.items; define a new metric id; the old one keeps its figures"#);
}

#[test]
fn rule_27_a_unit_says_whether_it_is_a_percentage() {
    assert!(
        !catalog().unit("percent").unwrap().percentage,
        "it is not guessed from the name"
    );
    let mut declared = files();
    replace(
        &mut declared,
        "catalog.toml",
        "label = { vi = \"%\", en = \"percent\" }",
        "label = { vi = \"%\", en = \"percent\" }\npercentage = true",
    );
    assert!(load(&declared).unit("percent").unwrap().percentage);
    replace(
        &mut declared,
        "catalog.toml",
        "percentage = true",
        "percentage = \"yes\"",
    );
    insta::assert_snapshot!(problems(&declared), @r#"catalog.toml:30: "percentage" of unit "percent" is of type string; write true or false, without quotes"#);
}
