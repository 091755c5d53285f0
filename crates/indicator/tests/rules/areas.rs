//! Sums over areas and reporters, what does not add, areas that move.

use almanac_indicator::RefusalReason;
use almanac_model::MissingReason;

use crate::support::{Book, metric, monthly_flow, monthly_stock, number};

#[test]
fn rule_3_reporters_add_up() {
    let mut book = Book::new(&[monthly_flow("sent")]);
    book.post("sent", "east", "2017-01", "10");
    book.record("rail", "sent", "east", "2017-01", "5");
    assert_eq!(book.value("sent", "east", "2017-01"), number("15"));
}

#[test]
fn rule_2_distinct_persons_exist_only_at_the_level_at_which_they_were_counted() {
    let keys = "kind = \"stock\"\nmethod = \"report\"\nfrequency = \"month\"\nsum = \"none\"";
    let mut book = Book::new(&[metric("users", keys)]);
    book.post("users", "east", "2017-01", "10");
    assert_eq!(book.value("users", "east", "2017-01"), number("10"));
    assert_eq!(book.refusal("users", "north", "2017-01"), RefusalReason::NotAdditive);
    // the same persons may be with both operators
    book.record("rail", "users", "east", "2017-01", "5");
    assert_eq!(book.value("users", "east", "2017-01"), Err(MissingReason::NotAdditive));
}

#[test]
fn rule_4_an_area_finer_than_the_reports_is_refused() {
    let by_province = "[[metric]]\nid = \"sent\"\nlevels = [{ level = \"province\" }]\n";
    let definition = metric("sent", "kind = \"flow\"\nmethod = \"report\"\nfrequency = \"month\"");
    let definition = definition.replace("levels = [{ level = \"district\" }]\n", "");
    let definition = definition.replace("[[metric]]\nid = \"sent\"\n", by_province);
    let book = Book::new(&[definition]);
    assert_eq!(book.refusal("sent", "east", "2017-01"), RefusalReason::AreaTooFine);
}

#[test]
fn rule_17_areas_lie_where_they_lay_at_the_end_of_the_period() {
    // the district border went from north to south on 2018-01-01
    let mut book = Book::new(&[monthly_flow("sent"), monthly_stock("offices", "")]);
    for (area, value) in [("east", "1"), ("border", "10")] {
        for month in ["2017-12", "2018-01"] {
            book.post("sent", area, month, value)
                .post("offices", area, month, value);
        }
    }
    assert_eq!(book.value("sent", "north", "2017-12"), number("11"));
    assert_eq!(book.value("sent", "north", "2018-01"), number("1"));
    assert_eq!(book.value("offices", "south", "2018"), number("10"));
    assert_eq!(book.value("offices", "south", "2017-12"), Err(MissingReason::NoRecord));
}

/// Counted by province until March 2017, by district from then on.
fn by_province_then_by_district(id: &str, keys: &str) -> String {
    metric(id, &format!("method = \"report\"\nfrequency = \"month\"\n{keys}")).replace(
        "levels = [{ level = \"district\" }]",
        "levels = [{ level = \"province\", to = \"2017-03-01\" }, { level = \"district\", from = \"2017-03-01\" }]",
    )
}

#[test]
fn rule_4_parents_and_children_are_never_counted_together() {
    let stock = by_province_then_by_district("offices", "kind = \"stock\"");
    let average = by_province_then_by_district("staff", "kind = \"stock\"\ntime = \"average\"");
    let flow = by_province_then_by_district("sent", "kind = \"flow\"");
    let mut book = Book::new(&[stock, average, flow]);
    for metric in ["offices", "staff", "sent"] {
        book.post(metric, "north", "2017-01", "100")
            .post(metric, "north", "2017-02", "100")
            .post(metric, "east", "2017-03", "50")
            .post(metric, "west", "2017-03", "50");
    }
    // the level at the end of the quarter is 50 + 50; the 100 of February are the same offices
    assert_eq!(book.value("offices", "north", "2017-Q1"), number("100"));
    // what happened in each month adds: 100 + 100 + 50 + 50, and nothing is lacking
    assert_eq!(book.value("sent", "north", "2017-Q1"), number("300"));
    assert!(book.figure("sent", "north", "2017-Q1").flags.is_empty());
    assert_eq!(book.refusal("staff", "north", "2017-Q1"), RefusalReason::LevelChange);
}
