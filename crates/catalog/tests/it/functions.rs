//! Functions of formulas: how they are written, what is refused, what unit they have.

use almanac_catalog::DenominatorJoin;
use almanac_model::Decimal;

use crate::catalogue::{catalog, load, with};
use crate::formulas::{asked, refused};

#[test]
fn rule_7_functions_are_read_as_they_are_written() {
    for (text, read) in [
        ("shift( post.items ,-1year )", "shift(post.items, -1 year)"),
        ("shift(post.items, - 12 months)", "shift(post.items, -12 months)"),
        ("shift (post.items, 1 quarters)", "shift(post.items, 1 quarter)"),
        ("-ytd(post.items) * 2", "-ytd(post.items) * 2"),
        (
            "moving_sum(post.items{direction='sent'} + post.items, 12 month)",
            "moving_sum(post.items{direction='sent'} + post.items, 12 months)",
        ),
        ("moving_avg(1 - 2, 2 halves)", "moving_avg(1 - 2, 2 halves)"),
        ("moving_min(post.items, 1 week)", "moving_min(post.items, 1 week)"),
        ("moving_max(post.items, 366 days)", "moving_max(post.items, 366 days)"),
        ("min((post.items) by month)", "min(post.items by month)"),
        ("max(post.items by days)", "max(post.items by day)"),
        (
            "avg(shift(ytd(post.items), -1 year) by quarter)",
            "avg(shift(ytd(post.items), -1 year) by quarter)",
        ),
        (
            "post.items / shift(post.items, -1 year) - 1",
            "post.items / shift(post.items, -1 year) - 1",
        ),
    ] {
        let formula = asked(text).unwrap_or_else(|errors| panic!("{text}: {}", errors[0]));
        assert_eq!(formula.to_string(), read);
        assert_eq!(asked(read).unwrap(), formula);
    }
}

#[test]
fn mistakes_in_functions_are_told_with_their_column_and_an_example() {
    insta::assert_snapshot!(refused(&[
        "shif(post.items, -1 year)",
        "post.items (2)",
        "shift(post.items)",
        "shift(post.items, year)",
        "shift(post.items, -1)",
        "shift(post.items, -1 decade)",
        "shift(post.items, 0 years)",
        "shift(post.items, -99999999999 years)",
        "shift(post.items, -1 year",
        "shift(post.items, -1.5 years)",
        "ytd()",
        "ytd(post.items, 1 year)",
        "moving_avg(post.items, -12 months)",
        "moving_avg(post.items, 400 days)",
        "moving_sum(post.items by month)",
        "min(post.items, 3 months)",
        "min(post.items for month)",
        "avg(post.items by)",
        "avg(post.items by month / 2",
        "sum(post.items by month)",
    ]), @r#"
shif(post.items, -1 year) -> column 1: there is no function "shif"; the functions are shift, ytd, moving_sum, moving_avg, moving_min, moving_max, min, max and avg; after a metric or an indicator stands no parenthesis
post.items (2) -> column 1: there is no function "post.items"; the functions are shift, ytd, moving_sum, moving_avg, moving_min, moving_max, min, max and avg; after a metric or an indicator stands no parenthesis
shift(post.items) -> column 17: the formula has ')' where an operator or ',' with a number of periods is expected; write it like "shift(post.items, -1 year)"
shift(post.items, year) -> column 19: the formula has "year" where a number of periods is expected; write it like "shift(post.items, -1 year)"
shift(post.items, -1) -> column 21: the formula has ')' where a unit: year, half, quarter, month, week or day is expected; write it like "shift(post.items, -1 year)"
shift(post.items, -1 decade) -> column 22: the formula has "decade" where a unit: year, half, quarter, month, week or day is expected; write it like "shift(post.items, -1 year)"
shift(post.items, 0 years) -> column 19: the formula counts 0 periods; from 1 to 1000 can be counted here; count in a longer unit, or fewer periods
shift(post.items, -99999999999 years) -> column 20: the formula counts 99999999999 periods; from 1 to 1000 can be counted here; count in a longer unit, or fewer periods
shift(post.items, -1 year -> column 26: the formula has its end where ')' is expected; write it like "shift(post.items, -1 year)"
shift(post.items, -1.5 years) -> column 21: the formula has ".5" where a unit: year, half, quarter, month, week or day is expected; write it like "shift(post.items, -1 year)"
ytd() -> column 5: the formula has ')' where a number, a metric, an indicator, a function, '-' or '(' is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
ytd(post.items, 1 year) -> column 15: the formula has ',' where an operator or ')' is expected; write it like "ytd(post.items)"
moving_avg(post.items, -12 months) -> column 24: the formula has '-' where a number of periods is expected; write it like "moving_avg(post.items, 12 months)"
moving_avg(post.items, 400 days) -> column 24: the formula counts 400 periods; from 1 to 366 can be counted here; count in a longer unit, or fewer periods
moving_sum(post.items by month) -> column 23: the formula has "by" where an operator or ',' with a number of periods is expected; write it like "moving_sum(post.items, 12 months)"
min(post.items, 3 months) -> column 15: the formula has ',' where an operator or 'by' with a unit is expected; write it like "min(post.items by month)"
min(post.items for month) -> column 16: the formula has "for" where an operator or 'by' with a unit is expected; write it like "min(post.items by month)"
avg(post.items by) -> column 18: the formula has ')' where a unit: year, half, quarter, month, week or day is expected; write it like "avg(post.items by month)"
avg(post.items by month / 2 -> column 25: the formula has '/' where ')' is expected; write it like "avg(post.items by month)"
sum(post.items by month) -> column 1: there is no function "sum"; the functions are shift, ytd, moving_sum, moving_avg, moving_min, moving_max, min, max and avg; after a metric or an indicator stands no parenthesis
"#);
    let deep = format!("{}post.items{}", "ytd(".repeat(100), ")".repeat(100));
    assert_eq!(asked(&deep).unwrap_err().len(), 1);
}

#[test]
fn names_and_units_are_checked_inside_functions() {
    insta::assert_snapshot!(refused(&[
        "shift(post.itmes, -1 year) + ytd(post.items{scope='domestic'})",
        "post.items - shift(population.inhabitants, -1 year)",
        "avg(post.items + population.inhabitants by month)",
    ]), @r#"
shift(post.itmes, -1 year) + ytd(post.items{scope='domestic'}) -> column 7: the formula names "post.itmes", which is neither a metric nor an indicator; did you mean "post.items" or "post.sent_share"?
shift(post.itmes, -1 year) + ytd(post.items{scope='domestic'}) -> column 45: post.items has no dimension "scope"; filter by "direction"
post.items - shift(population.inhabitants, -1 year) -> column 12: '-' stands between "item" and "inhabitant"; add and subtract only what has one unit
avg(post.items + population.inhabitants by month) -> column 16: '+' stands between "item" and "inhabitant"; add and subtract only what has one unit
"#);
    for text in [
        "post.items - shift(post.items, -1 year)",
        "moving_avg(post.items / population.inhabitants, 12 months)",
    ] {
        assert!(asked(text).is_ok(), "{text}");
    }
}

#[test]
fn rule_1_no_moving_sum_adds_a_stock_over_time() {
    insta::assert_snapshot!(refused(&[
        "moving_sum(population.inhabitants, 12 months)",
        "moving_sum(population.inhabitants / 1000, 12 months)",
        "1 + moving_sum(2 * avg(population.inhabitants by month), 2 years) / population.inhabitants",
    ]), @r#"
moving_sum(population.inhabitants, 12 months) -> column 1: moving_sum adds population.inhabitants over time, which is a stock; write moving_avg, moving_min or moving_max: a level of each month does not add up to one of the year
moving_sum(population.inhabitants / 1000, 12 months) -> column 1: moving_sum adds population.inhabitants over time, which is a stock; write moving_avg, moving_min or moving_max: a level of each month does not add up to one of the year
1 + moving_sum(2 * avg(population.inhabitants by month), 2 years) / population.inhabitants -> column 5: moving_sum adds population.inhabitants over time, which is a stock; write moving_avg, moving_min or moving_max: a level of each month does not add up to one of the year
"#);
    for text in [
        "moving_avg(population.inhabitants, 12 months)",
        "moving_sum(post.items / population.inhabitants, 12 months)",
    ] {
        assert!(asked(text).is_ok(), "{text}");
    }
}

#[test]
fn the_unit_of_a_formula_is_what_its_terms_come_to() {
    let catalog = catalog();
    for (text, per, unit) in [
        ("post.items", "1", "item"),
        ("post.items - shift(post.items, -1 year)", "1", "item"),
        ("moving_avg(post.items, 12 months)", "1.00", "item"),
        ("post.items / population.inhabitants", "1", "item / inhabitant"),
        ("post.items / population.inhabitants", "100", "item / 100 inhabitant"),
        ("post.items", "0.001", "item / 0.001"),
        ("post.items{direction='sent'} / post.items", "1", "1"),
        ("post.items{direction='sent'} / post.items", "100", "1 / 100"),
        (
            "post.items * post.items / population.inhabitants / population.inhabitants",
            "1",
            "item * item / inhabitant / inhabitant",
        ),
    ] {
        let formula = asked(text).unwrap();
        let per: Decimal = per.parse().unwrap();
        assert_eq!(catalog.unit_text(&formula, per), unit, "{text} {per}");
    }
}

#[test]
fn rule_25_an_indicator_may_divide_by_the_average_of_the_year() {
    let files = with("post.toml", "{ latest_on_or_before = 2 }", "\"year_average\"");
    let catalog = load(&files);
    let indicator = catalog.indicator("post.per_inhabitant").unwrap();
    assert_eq!(indicator.denominator, DenominatorJoin::YearAverage);
}
