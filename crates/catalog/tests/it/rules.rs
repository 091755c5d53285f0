//! What rules may say, and what they may not. Each snapshot has a line for each mistake, in the order of the changes.

use almanac_catalog::{
    Against, Among, Catalog, CatalogFiles, Direction, Relation, RuleCheck, Severity, Tolerance, compatibility,
};
use almanac_model::Decimal;

use crate::catalogue::{files, load, problems, replace};

const RULES: &str = r#"[[rule]]
id = "post.directions"
label = { vi = "Đi và đến", en = "Sent and received" }
definition = { vi = "Đi và đến là tất cả.", en = "Sent and received are all." }
source = "Circular 03/2022"
owner = "Statistics office"
severity = "error"
kind = "identity"
left = "post.items{direction='sent'} + post.items{direction='received'}"
relation = "<="
right = "post.items"
tolerance = { percent = "0.5" }

[[rule]]
id = "post.bounds"
label = { vi = "Khoảng", en = "Bounds" }
definition = { vi = "Không quá lớn.", en = "Not too great." }
source = "Circular 03/2022"
owner = "Statistics office"
severity = "warning"
group_by = ["direction"]
kind = "range"
measure = "post.items"
max = "5000"

[[rule]]
id = "population.jump"
label = { vi = "Đột biến", en = "Jump" }
definition = { vi = "Không đột biến.", en = "No jump." }
source = "Census"
owner = "Statistics office"
severity = "warning"
kind = "jump"
measure = "population.inhabitants"
against = "same_period_last_year"
most_percent = "5"

[[rule]]
id = "permits.outlier"
label = { vi = "Khác thường", en = "Outlier" }
definition = { vi = "Không khác thường.", en = "Nothing unusual." }
source = "Iglewicz and Hoaglin 1993"
owner = "Statistics office"
severity = "warning"
kind = "outlier"
measure = "permits.issued"
among = { periods = 12 }
"#;

fn with_rules(changes: &[(&str, &str)]) -> CatalogFiles {
    let mut files = files();
    files.insert("rules.toml", RULES);
    for (old, new) in changes {
        replace(&mut files, "rules.toml", old, new);
    }
    files
}

/// What is said of each change by itself, a line each.
fn told(changes: &[(&str, &str)]) -> String {
    let each = changes.iter().map(|change| problems(&with_rules(&[*change])));
    each.collect::<Vec<_>>().join("\n")
}

fn check<'c>(catalog: &'c Catalog, id: &str) -> &'c RuleCheck {
    &catalog.rule(id).unwrap().check
}

#[test]
fn rule_34_rules_are_read_with_what_they_leave_out() {
    let catalog = load(&with_rules(&[]));
    let ids: Vec<&str> = catalog.rules().map(|rule| rule.id.as_str()).collect();
    assert_eq!(
        ids,
        ["permits.outlier", "population.jump", "post.bounds", "post.directions"]
    );
    let bounds = catalog.rule("post.bounds").unwrap();
    assert_eq!(
        (bounds.severity, bounds.group_by[0].as_str()),
        (Severity::Warning, "direction")
    );
    let RuleCheck::Identity {
        left,
        relation,
        tolerance,
        ..
    } = check(&catalog, "post.directions")
    else {
        panic!("{catalog:?}");
    };
    assert_eq!(left.references().len(), 2);
    assert_eq!(
        (*relation, *tolerance),
        (Relation::AtMost, Tolerance::Percent(Decimal::new(5, 1)))
    );
    let RuleCheck::Jump { against, direction, .. } = check(&catalog, "population.jump") else {
        panic!("{catalog:?}");
    };
    assert_eq!((*against, *direction), (Against::SamePeriodLastYear, Direction::Both));
    let RuleCheck::Outlier { among, threshold, .. } = check(&catalog, "permits.outlier") else {
        panic!("{catalog:?}");
    };
    assert_eq!((*among, *threshold), (Among::Periods(12), Decimal::new(35, 1)));
}

#[test]
fn rule_34_what_a_rule_lacks_or_does_not_have() {
    insta::assert_snapshot!(told(&[
        ("severity = \"error\"", ""),
        ("severity = \"error\"", "severity = \"fatal\""),
        ("kind = \"identity\"", ""),
        ("kind = \"identity\"", "kind = \"identty\""),
        ("relation = \"<=\"", "relation = \"==\""),
        ("right = \"post.items\"\n", ""),
        ("max = \"5000\"", ""),
        ("max = \"5000\"", "max = \"5000\"\ntolerance = \"1\""),
        ("against = \"same_period_last_year\"", "against = \"last_year\""),
        ("most_percent = \"5\"", ""),
        ("most_percent = \"5\"", "most_percent = 5"),
        ("most_percent = \"5\"", "most_percent = \"-5\""),
        ("most_percent = \"5\"", "most_percent = \"5\"\ndirection = \"left\""),
        ("among = { periods = 12 }", ""),
        ("among = { periods = 12 }", "among = \"area\""),
        ("among = { periods = 12 }", "among = { periods = 4 }"),
        ("among = { periods = 12 }", "among = { months = 12 }"),
        ("among = { periods = 12 }", "among = \"areas\"\nthreshold = \"-1\""),
        ("{ percent = \"0.5\" }", "\"-1\""),
        ("{ percent = \"0.5\" }", "{ percent = \"one\" }"),
        ("Circular 03/2022\"\nowner", "\"\nowner"),
    ]), @r#"
rules.toml:1: rule "post.directions" has no "severity"; add severity = "error" or "warning"
rules.toml:7: "severity" of rule "post.directions" is "fatal"; write "error" or "warning"
rules.toml:1: rule "post.directions" has no "kind"; add kind = "identity", "range", "jump" or "outlier"
rules.toml:8: "kind" of rule "post.directions" is "identty"; write "identity", "range", "jump" or "outlier"
rules.toml:10: "relation" of rule "post.directions" is "=="; write "=", "<=" or ">="
rules.toml:1: rule "post.directions" has no "right"; add right = "..."
rules.toml:14: rule "post.bounds" has neither "min" nor "max"; give at least one of them
rules.toml:25: rule "post.bounds" has the unknown key "tolerance"; its keys are id, label, definition, source, owner, severity, group_by, kind, measure, min, max
rules.toml:35: "against" of rule "population.jump" is "last_year"; write "previous_period" or "same_period_last_year"
rules.toml:26: rule "population.jump" has no "most_percent"; add most_percent = "50"
rules.toml:36: "most_percent" of rule "population.jump" is of type integer; write the number in quotes, such as "0.5": it is kept exactly as written
rules.toml:36: "most_percent" of rule "population.jump" is -5; write a number that is not below 0
rules.toml:37: "direction" of rule "population.jump" is "left"; write "up", "down" or "both"
rules.toml:38: rule "permits.outlier" has no "among"; add among = { periods = 12 }, or "areas"
rules.toml:47: "among" of rule "permits.outlier" is "area"; write { periods = 12 }, or "areas"
rules.toml:47: "among" of rule "permits.outlier" has 4 periods; write { periods = 5 } or more: fewer values have no outlier, or "areas"
rules.toml:47: "among" of rule "permits.outlier" has no "periods"; add periods = 12
rules.toml:47: "among" of rule "permits.outlier" has the unknown key "months"; its keys are periods
rules.toml:48: "threshold" of rule "permits.outlier" is -1; write a number that is not below 0
rules.toml:12: "tolerance" of rule "post.directions" is -1; write a number that is not below 0
rules.toml:12: "percent" of "tolerance" of rule "post.directions": "one" is not a decimal number; write digits with an optional '-' and one '.', such as "1456018" or "-2.5", without separators, spaces or exponent; write a number such as "0.5"
rules.toml:5: "source" of rule "post.directions" is empty; write what it is
"#);
}

#[test]
fn rule_34_what_a_rule_names_is_defined_and_compares() {
    insta::assert_snapshot!(told(&[
        ("id = \"post.bounds\"", "id = \"post.directions\""),
        ("id = \"post.bounds\"", "id = \"post.items\""),
        ("measure = \"permits.issued\"", "measure = \"permit.issued\""),
        ("measure = \"permits.issued\"", "measure = \"permits.issued +\""),
        ("measure = \"permits.issued\"", "measure = \"12\""),
        ("right = \"post.items\"", "right = \"100\""),
        ("right = \"post.items\"", "right = \"population.inhabitants\""),
        ("{direction='received'}", "{direction='receved'}"),
        ("group_by = [\"direction\"]", "group_by = [\"directions\"]"),
        ("measure = \"post.items\"", "measure = \"permits.issued\""),
        ("measure = \"post.items\"", "measure = \"post.items{direction='sent'}\""),
    ]), @r#"
rules.toml:15: rule "post.directions" is already defined at rules.toml:2; give one of them another id
rules.toml:15: "post.items" is the id of a metric or indicator; give the rule another: that id names the rule of the range that is declared there
rules.toml:46:12: the formula names "permit.issued", which is neither a metric nor an indicator; did you mean "permits.issued"?
rules.toml:46:28: the formula has its end where a number, a metric, an indicator, a function, '-' or '(' is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
rules.toml:46: "measure" of rule "permits.outlier" names no metric or indicator; name one; a rule of kind "range" compares one with a number
rules.toml:11: "right" of rule "post.directions" names no metric or indicator; name one; a rule of kind "range" compares one with a number
rules.toml:11: rule "post.directions" compares "item" with "inhabitant"; compare formulas of one unit
rules.toml:9:62: dimension direction has no code "receved"; did you mean "received"?
rules.toml:21: there is no dimension "directions"; did you mean "direction"?
rules.toml:21: rule "post.bounds" groups by "direction", which permits.issued does not have; take it out of "group_by"
rules.toml:21: rule "post.bounds" groups by "direction", which post.items narrows itself; take it out of "group_by"
"#);
}

#[test]
fn rule_34_rules_may_change_in_a_later_catalogue() {
    let (earlier, later) = (load(&with_rules(&[])), load(&files()));
    assert!(compatibility(&earlier, &later).is_empty());
}
