//! Formulas: their text, their names, their units.

use almanac_catalog::{Formula, FormulaError};

use crate::catalogue::{catalog, problems, told, with, with_more};

const SHARE: &str = "formula = \"post.items{direction='sent'} / post.items\"";

pub(crate) fn asked(text: &str) -> Result<Formula, Vec<FormulaError>> {
    catalog().formula(text)
}

/// What each text is refused with, a line each.
pub(crate) fn refused(texts: &[&str]) -> String {
    let told = texts.iter().flat_map(|text| {
        let errors = asked(text).expect_err(text);
        errors
            .into_iter()
            .map(move |error| format!("{text} -> {error}"))
            .collect::<Vec<_>>()
    });
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn operators_bind_as_they_are_taught() {
    for (text, read) in [
        ("1+2*3", "1 + 2 * 3"),
        ("(1+2)*3", "(1 + 2) * 3"),
        ("1-2-3", "1 - 2 - 3"),
        ("1-(2-3)", "1 - (2 - 3)"),
        ("8/4/2", "8 / 4 / 2"),
        ("8/(4*2)", "8 / (4 * 2)"),
        ("-(1+2)", "-(1 + 2)"),
        ("- 1 * --2", "-1 * --2"),
        ("((1.50))", "1.50"),
        ("post.items{direction='sent'}", "post.items{direction='sent'}"),
        (
            "post.items { direction in ('sent', 'received') }",
            "post.items{direction in ('received', 'sent')}",
        ),
        ("post.items{direction in ('sent')}", "post.items{direction='sent'}"),
        (
            "post.sent_share{direction='sent'}\n+ post.sent_share",
            "post.sent_share{direction='sent'} + post.sent_share",
        ),
    ] {
        let formula = asked(text).unwrap_or_else(|errors| panic!("{text}: {}", errors[0]));
        assert_eq!(formula.to_string(), read);
        assert_eq!(asked(read).unwrap(), formula);
    }
}

#[test]
fn mistakes_of_syntax_are_told_with_their_column() {
    insta::assert_snapshot!(refused(&[
        "",
        "1 +",
        "1 2",
        "(1 + 2",
        "1 + )",
        "1..2",
        "1.",
        "Post",
        "post.items{",
        "post.items{}",
        "post.items{direction}",
        "post.items{direction=sent}",
        "post.items{direction='sent}",
        "post.items{direction=''}",
        "post.items{direction in 'sent'}",
        "post.items{direction in ('sent' 'received')}",
        "post.items{direction='sent', direction='received'}",
        "1 + bưu",
    ]), @r#"
 -> column 1: the formula has its end where a number, a metric, an indicator, a function, '-' or '(' is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
1 + -> column 4: the formula has its end where a number, a metric, an indicator, a function, '-' or '(' is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
1 2 -> column 3: the formula has '2' where an operator or the end is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
(1 + 2 -> column 7: the formula has its end where an operator or ')' is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
1 + ) -> column 5: the formula has ')' where a number, a metric, an indicator, a function, '-' or '(' is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
1..2 -> column 1: the formula has "1..2" where a decimal number is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
1. -> column 1: the formula has "1." where a decimal number is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
Post -> column 1: the formula has 'P' where a number, a metric, an indicator, a function, '-' or '(' is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
post.items{ -> column 12: the formula has its end where a dimension is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
post.items{} -> column 12: the formula has '}' where a dimension is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
post.items{direction} -> column 21: the formula has '}' where '=' or 'in' is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
post.items{direction=sent} -> column 22: the formula has 's' where a code in single quotes is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
post.items{direction='sent} -> column 23: the formula has "sent}" where a code is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
post.items{direction=''} -> column 23: the formula has '\'' where a code is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
post.items{direction in 'sent'} -> column 25: the formula has '\'' where '(' is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
post.items{direction in ('sent' 'received')} -> column 33: the formula has '\'' where ',' or ')' is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
post.items{direction='sent', direction='received'} -> column 30: dimension "direction" is filtered twice; give all its codes at once, as in direction in ('a', 'b')
1 + bưu -> column 6: the formula has 'ư' where an operator or the end is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
"#);
    let deep = format!("{}1{}", "(".repeat(1000), ")".repeat(1000));
    let long = vec!["1"; 400].join("+");
    for text in [deep, "-".repeat(1000), long, " ".repeat(5000)] {
        assert_eq!(asked(&text).unwrap_err().len(), 1);
    }
}

#[test]
fn unknown_names_are_told_all_at_once() {
    insta::assert_snapshot!(refused(&[
        "post.itmes / population.inhabitant",
        "post.items{scope='domestic'} / permits.issued{direction='sent'}",
        "post.items{direction in ('sent', '_T', 'recieved')}",
    ]), @r#"
post.itmes / population.inhabitant -> column 1: the formula names "post.itmes", which is neither a metric nor an indicator; did you mean "post.items" or "post.sent_share"?
post.itmes / population.inhabitant -> column 14: the formula names "population.inhabitant", which is neither a metric nor an indicator; did you mean "population.inhabitants"?
post.items{scope='domestic'} / permits.issued{direction='sent'} -> column 12: post.items has no dimension "scope"; filter by "direction"
post.items{scope='domestic'} / permits.issued{direction='sent'} -> column 47: permits.issued has no dimension "direction"; leave the filter out: it has no dimensions
post.items{direction in ('sent', '_T', 'recieved')} -> column 35: dimension direction has no code "_T"; leave the filter out: what is not filtered is summed over
post.items{direction in ('sent', '_T', 'recieved')} -> column 41: dimension direction has no code "recieved"; did you mean "received"?
"#);
}

#[test]
fn only_like_is_added_to_like() {
    insta::assert_snapshot!(refused(&[
        "post.items + population.inhabitants",
        "post.items - 1",
        "post.items / population.inhabitants + post.items",
        "1 / population.inhabitants - post.items * post.items",
    ]), @r#"
post.items + population.inhabitants -> column 12: '+' stands between "item" and "inhabitant"; add and subtract only what has one unit
post.items - 1 -> column 12: '-' stands between "item" and a plain number; add and subtract only what has one unit
post.items / population.inhabitants + post.items -> column 37: '+' stands between "item / inhabitant" and "item"; add and subtract only what has one unit
1 / population.inhabitants - post.items * post.items -> column 28: '-' stands between "1 / inhabitant" and "item * item"; add and subtract only what has one unit
"#);
    for text in [
        "post.items + permits.issued",
        "1 - post.items / permits.issued",
        "2.5 * post.items + post.items",
    ] {
        assert!(asked(text).is_ok(), "{text}");
    }
}

#[test]
fn formulas_of_indicators_are_told_by_file_line_and_column() {
    insta::assert_snapshot!(told("post.toml", &[
        (SHARE, "formula = \"post.items{direction='sent'} / \""),
        (SHARE, "formula = \"post.items{direction='snt'} / post.items\""),
        (SHARE, "formula = \"\"\"\npost.items{direction='sent'}\n  / post.item * post.items\"\"\""),
        (SHARE, "formula = \"post.items + population.inhabitants\""),
        ("per = \"100\"", "per = \"0\""),
        ("per = \"100\"", "per = 100"),
        ("{ latest_on_or_before = 2 }", "{ latest_on_or_before = 0 }"),
        ("{ latest_on_or_before = 2 }", "\"latest\""),
        ("{ latest_on_or_before = 2 }", "{ latest = 2 }"),
        ("optional = [\"post.items\"]", "optional = [\"permits.issued\"]"),
    ]), @r#"
post.toml:71:43: the formula has its end where a number, a metric, an indicator, a function, '-' or '(' is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
post.toml:71:34: dimension direction has no code "snt"; did you mean "sent"?
post.toml:73:5: the formula names "post.item", which is neither a metric nor an indicator; did you mean "post.items"?
post.toml:71:23: '+' stands between "item" and "inhabitant"; add and subtract only what has one unit
post.toml:72: "per" of indicator "post.sent_share" is 0; write a number above 0, such as "100"
post.toml:72: "per" of indicator "post.sent_share" is of type integer; write the number in quotes, such as "0.5": it is kept exactly as written
post.toml:63: "denominator" of indicator "post.per_inhabitant" goes back 0 periods; write { latest_on_or_before = 1 } or more, or "same_period"
post.toml:63: "denominator" of indicator "post.per_inhabitant" is "latest"; write "same_period" or "year_average"
post.toml:63: "denominator" of indicator "post.per_inhabitant" has the unknown key "latest"; did you mean "latest_on_or_before"?
post.toml:77: "permits.issued" is optional in indicator "post.sent_share", whose formula does not name it; name a term of the formula, or leave it out
"#);
    let sum = with(
        "post.toml",
        &format!("{SHARE}\nper = \"100\""),
        "formula = \"post.items + permits.issued\"",
    );
    let sum = {
        let mut files = sum;
        crate::catalogue::replace(&mut files, "post.toml", "optional = [\"post.items\"]", "");
        files
    };
    insta::assert_snapshot!(problems(&sum), @r#"post.toml:71: indicator "post.sent_share" adds "item" and has the unit "percent"; write unit = "item""#);
}

#[test]
fn rule_7_formulas_do_not_go_round_in_a_circle() {
    let indicator = |id: &str, formula: &str| {
        format!(
            "\n[[indicator]]\nid = \"{id}\"\nlabel = {{ vi = \"a\", en = \"a\" }}\ndefinition = {{ vi = \"a\", en = \"a\" }}\n\
             source = \"a\"\nowner = \"a\"\nformula = \"{formula}\"\nunit = \"percent\"\n"
        )
    };
    let circle = indicator("a", "b * 2") + &indicator("b", "c / d") + &indicator("c", "a") + &indicator("d", "d + d");
    insta::assert_snapshot!(problems(&with_more("post.toml", &circle)), @r#"
post.toml:109: the formulas go round in a circle: a -> b -> c -> a; take one of them out of the other's formula
post.toml:136: the formulas go round in a circle: d -> d; take one of them out of the other's formula
"#);
}

#[test]
fn the_metrics_behind_a_measure_are_known() {
    let catalog = catalog();
    let measure = catalog.measure("post.per_inhabitant").unwrap();
    let metrics: Vec<String> = catalog.metrics_of(&measure).iter().map(ToString::to_string).collect();
    assert_eq!(metrics, ["population.inhabitants", "post.items"]);
    assert_eq!(catalog.dimensions_of(&measure).len(), 1);
}
