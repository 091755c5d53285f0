//! Windows over periods without a value, and over periods in which a metric was collected at another level.

use almanac_model::MissingReason;

use crate::support::{Book, indicator, monthly_flow, monthly_stock, number};

#[test]
fn rule_20_a_window_without_any_number_tells_what_its_periods_came_to_before_that_there_is_nothing() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_flow("visits"),
        indicator("per_visit", "sent / visits", ""),
        indicator("lately", "moving_avg(per_visit, 2 months)", ""),
    ]);
    book.post("sent", "east", "2017-02", "10")
        .post("visits", "east", "2017-02", "0");
    for month in ["2017-02", "2017-03"] {
        assert_eq!(
            book.value("lately", "east", month),
            Err(MissingReason::DenominatorZero),
            "{month}"
        );
    }
    assert_eq!(book.value("lately", "east", "2017-04"), Err(MissingReason::NoRecord));
}

#[test]
fn rule_26_both_sides_cover_the_coarsest_level_of_any_period_that_a_function_reads() {
    // of the province until June 2017, of the districts from July on
    let levels =
        "levels = [{ level = \"province\", to = \"2017-07-01\" }, { level = \"district\", from = \"2017-07-01\" }]";
    let offices = |keys| monthly_stock("offices", keys).replace("levels = [{ level = \"district\" }]", levels);
    let mut book = Book::new(&[
        monthly_flow("sent"),
        offices(""),
        indicator(
            "offices_per_item",
            "moving_avg(offices, 2 months) / sent",
            "decimals = 4",
        ),
        indicator(
            "items_per_office",
            "sent / offices",
            "decimals = 4\ndenominator = \"year_average\"",
        ),
    ]);
    book.post("offices", "north", "2017-06", "100");
    for (district, offices) in [("east", "40"), ("west", "50"), ("border", "30")] {
        book.post("offices", district, "2017-07", offices)
            .post("sent", district, "2017-07", "10");
    }
    // June has 30 days and 100 offices, July 31 and 120: 6720 / 61 / 30
    assert_eq!(book.value("offices_per_item", "north", "2017-07"), number("3.6721"));
    // 30 / (6720 / 61)
    assert_eq!(book.value("items_per_office", "north", "2017-07"), number("0.2723"));
}
