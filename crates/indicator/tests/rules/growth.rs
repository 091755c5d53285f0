//! Growth over several years, and what the parts of a total contributed to it.

use almanac_indicator::{Base, Comparing, GroupKey, Question};
use almanac_model::{ComparisonFlag, NoPercent};

use crate::support::{Book, indicator, metric, monthly_flow, monthly_stock};

fn against(period: &str) -> Base {
    Base::Period(period.parse().unwrap())
}

fn yearly(id: &str) -> String {
    metric(id, "kind = \"stock\"\nmethod = \"report\"\nfrequency = \"year\"")
}

/// A stock by month and by service.
fn by_service(id: &str) -> String {
    monthly_stock(id, "dimensions = [\"service\"]")
}

fn by_key() -> GroupKey {
    GroupKey::Dimension("service".parse().unwrap())
}

#[test]
fn rule_27_compound_annual_growth_over_years_and_over_months() {
    let mut book = Book::new(&[yearly("people"), monthly_flow("sent")]);
    // 100 * 1.05^4 = 121.550625
    book.post("people", "east", "2013", "100000000")
        .post("people", "east", "2017", "121550625")
        .post("people", "east", "2016", "1")
        .post("sent", "east", "2016-01", "100")
        .post("sent", "east", "2017-01", "120")
        .post("sent", "east", "2017-07", "150");
    let cagr = |measure, period, base| book.compared(measure, "east", period, against(base)).cagr;
    assert_eq!(cagr("people", "2017", "2013").as_deref(), Ok("5.00"));
    // the other way round there is no year between them
    assert_eq!(cagr("people", "2013", "2017"), Err(NoPercent::Span));
    assert_eq!(cagr("people", "2017", "2016"), Err(NoPercent::Span), "a year is growth");
    // a year and a half: 1.5^(12/18) = 1.31037...
    assert_eq!(cagr("sent", "2017-07", "2016-01").as_deref(), Ok("31.04"));
    assert_eq!(cagr("sent", "2017-01", "2016-01"), Err(NoPercent::Span));
    assert_eq!(cagr("sent", "2017-07", "2016-02"), Err(NoPercent::Missing));
}

#[test]
fn rule_27_compound_annual_growth_only_with_positive_ends() {
    let mut book = Book::new(&[monthly_flow("balance")]);
    for (month, value) in [
        ("2013-01", "0"),
        ("2014-01", "-5"),
        ("2015-01", "10"),
        ("2018-01", "-1"),
        ("2019-01", "0"),
    ] {
        book.post("balance", "east", month, value);
    }
    let cagr = |period, base| book.compared("balance", "east", period, against(base)).cagr;
    assert_eq!(cagr("2015-01", "2013-01"), Err(NoPercent::BaseZero));
    assert_eq!(cagr("2018-01", "2014-01"), Err(NoPercent::BaseNegative));
    assert_eq!(cagr("2018-01", "2015-01"), Err(NoPercent::NotPositive));
    assert_eq!(cagr("2019-01", "2015-01"), Err(NoPercent::NotPositive));
}

/// Fixed lines fell from 200 to 150 and mobile ones rose from 800 to 1,000: of the growth of 15 % they made -5 and 20.
fn telephones() -> Book {
    let mut book = Book::new(&[
        by_service("lines"),
        monthly_stock("people", ""),
        indicator("density", "lines / people", ""),
        indicator("more", "lines + 1 * people", ""),
        by_service("users").replace("kind", "sum = \"none\"\nkind"),
    ]);
    for (month, fixed, mobile) in [("2016-12", "200", "800"), ("2017-12", "150", "1000")] {
        book.service("lines", "fixed", "east", month, fixed)
            .service("lines", "mobile", "east", month, mobile);
    }
    book
}

fn contribution_of(book: &Book, measure: &str) -> Question {
    Question {
        group_by: vec![by_key()],
        comparisons: vec![Comparing {
            contribution_of: Some(by_key()),
            ..Base::SamePeriodLastYear.into()
        }],
        ..book.question(measure, "east", "2017-12", false)
    }
}

#[test]
fn rule_27_contributions_to_growth_add_up_to_the_growth_of_the_total() {
    let book = telephones();
    let figures = book.answer(&contribution_of(&book, "lines")).unwrap();
    let points: Vec<_> = figures
        .iter()
        .map(|figure| figure.comparisons[0].contribution.clone().unwrap())
        .collect();
    assert_eq!(points, [Ok("-5.00".to_owned()), Ok("20.00".to_owned())]);
    let total = book.compared("lines", "east", "2017-12", Base::SamePeriodLastYear);
    assert_eq!(total.change.unwrap().percent.as_deref(), Ok("15.00"));
    assert_eq!(total.contribution, None, "it was not asked");
}

#[test]
fn rule_22_there_is_no_contribution_to_growth_from_zero_or_from_nothing() {
    let mut book = telephones();
    let missing = Question {
        periods: vec!["2016-12".parse().unwrap()],
        ..contribution_of(&book, "lines")
    };
    let points = |book: &Book| {
        book.answer(&missing)
            .unwrap()
            .remove(0)
            .comparisons
            .remove(0)
            .contribution
    };
    assert_eq!(points(&book), Some(Err(NoPercent::Missing)));
    book.service("lines", "fixed", "east", "2015-12", "-3")
        .service("lines", "mobile", "east", "2015-12", "3");
    assert_eq!(points(&book), Some(Err(NoPercent::BaseZero)));
}

#[test]
fn rule_27_what_does_not_add_has_no_contributions() {
    let book = telephones();
    insta::assert_snapshot!(book.refusals(&contribution_of(&book, "density")), @"NOT_ADDITIVE comparisons[0].contribution_of: density is lines / people, which is no sum of metrics: its parts do not add up to a total; ask for its metrics");
    insta::assert_snapshot!(book.refusals(&contribution_of(&book, "more")), @"NOT_ADDITIVE comparisons[0].contribution_of: people has no dimension service and is whole in every part of more: the parts do not add up to a total");
    insta::assert_snapshot!(book.refusals(&contribution_of(&book, "users")), @"NOT_ADDITIVE comparisons[0].contribution_of: users cannot be added (asked for by users): there is no total that its parts add up to");
    let total = Question {
        group_by: Vec::new(),
        ..contribution_of(&book, "lines")
    };
    insta::assert_snapshot!(book.refusals(&total), @r#"NOT_GROUPED comparisons[0].contribution_of: the parts of the total are the figures by service; add "service" to group_by"#);
}

#[test]
fn rule_27_a_contribution_like_for_like_is_one_to_the_growth_of_what_both_have() {
    let mut book = telephones();
    // a district that counts fixed lines only now
    book.service("lines", "fixed", "west", "2017-12", "30");
    let mut question = contribution_of(&book, "lines");
    question.areas = book.question("lines", "north", "2017-12", false).areas;
    let first = |question: &Question| book.answer(question).unwrap().remove(0).comparisons.remove(0);
    // (180 - 200) / 1000
    assert_eq!(first(&question).contribution, Some(Ok("-2.00".to_owned())));
    question.comparisons[0].like_for_like = true;
    let like = first(&question);
    assert_eq!(like.contribution, Some(Ok("-5.00".to_owned())));
    assert_eq!(like.like, Some(Ok("150".to_owned())));
    assert!(like.flags.contains(&ComparisonFlag::LikeForLike));
}
