//! Which events can be recorded.

use almanac_catalog::{CheckedEvent, Violation};
use almanac_model::{
    AreaId, Code, DimensionId, Event, EventTime, Measure, MetricId, MissingReason, Qualifier, Quality, ReporterId,
};
use jiff::civil::{Date, date};

use crate::catalogue::{catalog, files, load, replace};

const TODAY: Date = date(2026, 5, 14);

fn event(metric: &str, area: &str, time: &str, value: &str) -> Event {
    Event {
        metric: MetricId::new(metric).unwrap(),
        area: AreaId::new(area).unwrap(),
        dimensions: [].into(),
        time: time
            .parse()
            .map_or_else(|_| EventTime::Instant(time.parse().unwrap()), EventTime::Period),
        measure: Measure::Value(value.parse().unwrap()),
        quality: Quality::Preliminary,
        qualifier: Qualifier::Exact,
        event_id: None,
        note: None,
        correction: None,
        confidential: false,
    }
}

fn items(area: &str, time: &str, value: &str) -> Event {
    with_code(event("post.items", area, time, value), "direction", "sent")
}

fn permit(time: &str) -> Event {
    Event {
        event_id: Some("1".to_owned()),
        ..event("permits.issued", "96", time, "1")
    }
}

fn with_code(mut event: Event, dimension: &str, code: &str) -> Event {
    event
        .dimensions
        .insert(DimensionId::new(dimension).unwrap(), Code::new(code).unwrap());
    event
}

fn check(event: &Event) -> Result<CheckedEvent, Vec<Violation>> {
    catalog().check_event(&ReporterId::new("post-office").unwrap(), event, TODAY)
}

/// All violations, a line each: `field REASON message`.
fn told(event: &Event) -> String {
    let violations = check(event).expect_err("the event is recorded");
    let lines: Vec<String> = violations
        .iter()
        .map(|violation| format!("{} {} {}", violation.field, violation.reason, violation.message))
        .collect();
    lines.join("\n")
}

#[test]
fn a_good_event_becomes_a_row_of_a_batch() {
    let checked = check(&items("964", "2017-05", "1200")).unwrap();
    assert_eq!(checked.period.to_string(), "2017-05");
    assert_eq!((checked.value, checked.series.decimals), (1200, 0));
    assert_eq!(checked.series.dimensions.len(), 1);
    assert_eq!(checked.occurred_at, None);
    let missing = Event {
        measure: Measure::Missing(MissingReason::CannotExist),
        ..items("964", "2017-05", "0")
    };
    let checked = check(&missing).unwrap();
    assert_eq!(
        (checked.value, checked.status.missing),
        (0, Some(MissingReason::CannotExist))
    );
}

#[test]
fn rule_3_every_dimension_is_given_and_total_is_never_recorded() {
    insta::assert_snapshot!(told(&event("post.items", "964", "2017-05", "1")), @r#"dimensions.direction MISSING_DIMENSION metric post.items needs a code for direction; give "sent", "received" or "_X""#);
    insta::assert_snapshot!(told(&with_code(items("964", "2017-05", "1"), "direction", "_T")), @r#"dimensions.direction TOTAL_NOT_RECORDABLE "_T" is never recorded, totals are computed; give "sent", "received" or "_X""#);
    insta::assert_snapshot!(told(&with_code(items("964", "2017-05", "1"), "direction", "sentt")), @r#"dimensions.direction UNKNOWN_CODE direction has no code "sentt"; did you mean "sent"?"#);
    insta::assert_snapshot!(told(&with_code(items("964", "2017-05", "1"), "technology", "adsl")), @r#"dimensions.technology UNKNOWN_DIMENSION metric post.items has no dimension "technology"; leave it out; the metric is broken down by "direction""#);
    insta::assert_snapshot!(told(&with_code(permit("2017-05"), "direction", "sent")), @r#"dimensions.direction UNKNOWN_DIMENSION metric permits.issued has no dimension "direction"; leave it out: the metric has no dimensions"#);
}

#[test]
fn rule_3_a_reporter_cannot_write_for_another() {
    insta::assert_snapshot!(told(&event("population.inhabitants", "96", "2017", "1")), @r#"reporter REPORTER_NOT_ALLOWED reporter "post-office" may not report metric "population.inhabitants"; it may report "permits.issued" or "post.items""#);
    insta::assert_snapshot!(told(&items("954", "2017-05", "1")), @r#"reporter REPORTER_NOT_ALLOWED reporter "post-office" may not report for area "954"; it may report for what lies under "96""#);
    let violation = catalog()
        .check_reporter(&ReporterId::new("post-ofice").unwrap())
        .unwrap_err();
    insta::assert_snapshot!(violation, @r#"reporter: there is no reporter "post-ofice"; did you mean "post-office"?"#);
}

#[test]
fn rule_4_another_level_is_refused() {
    insta::assert_snapshot!(told(&items("96", "2017-05", "1")), @r#"area WRONG_AREA_LEVEL metric post.items is collected by district on 2017-05-31, and area "96" (Cà Mau) is of level province; give the district, such as "964" (Thành phố Cà Mau), "973" (Huyện Ngọc Hiển)"#);
    insta::assert_snapshot!(told(&items("31999", "2017-05", "1")), @r#"area WRONG_AREA_LEVEL metric post.items is collected by district on 2017-05-31, and area "31999" (Phường 9) is of level commune; give the district, such as "964" (Thành phố Cà Mau)"#);
    insta::assert_snapshot!(told(&items("96", "2025-07", "1")), @r#"area WRONG_AREA_LEVEL metric post.items is collected by commune on 2025-07-31, and area "96" (Cà Mau) is of level province; give the commune, such as "31813.2025" (Phường Bạc Liêu), "32002.2025" (Phường Tân Thành), "32244.2025" (Xã Đất Mũi)"#);
    assert!(check(&items("32002.2025", "2025-07", "1")).is_ok());
    insta::assert_snapshot!(told(&event("population.inhabitants", "96", "1999", "1")), @r#"
reporter REPORTER_NOT_ALLOWED reporter "post-office" may not report metric "population.inhabitants"; it may report "permits.issued" or "post.items"
period NOT_COLLECTED metric population.inhabitants is not collected for 1999; it is collected by province from 2000-01-01
"#);
}

#[test]
fn rule_4_an_area_is_used_only_while_it_exists() {
    insta::assert_snapshot!(told(&items("32002", "2025-07", "1")), @r#"area AREA_NOT_VALID area "32002" (Phường 4) was dissolved on 2025-07-01, before the end of 2025-07; it went into "32002.2025" (Phường Tân Thành), "32244.2025" (Xã Đất Mũi)"#);
    insta::assert_snapshot!(told(&items("964", "2025-07", "1")), @r#"
area AREA_NOT_VALID area "964" (Thành phố Cà Mau) was dissolved on 2025-07-01, before the end of 2025-07; record for the areas that came after it
area WRONG_AREA_LEVEL metric post.items is collected by commune on 2025-07-31, and area "964" (Thành phố Cà Mau) is of level district; give an area of level commune
"#);
    insta::assert_snapshot!(told(&items("32002.2025", "2025-06", "1")), @r#"
area AREA_NOT_VALID area "32002.2025" (Phường Tân Thành) does not exist at the end of 2025-06, but from 2025-07-01; before it there was "31999" (Phường 9), "32002" (Phường 4)
area WRONG_AREA_LEVEL metric post.items is collected by district on 2025-06-30, and area "32002.2025" (Phường Tân Thành) is of level commune; give an area of level district
"#);
    insta::assert_snapshot!(told(&items("ca-mau", "2025-06", "1")), @r#"area UNKNOWN_AREA there is no area "ca-mau"; did you mean "96" (Cà Mau)?"#);
}

#[test]
fn rule_5_a_tally_has_an_event_id_and_a_report_a_period() {
    insta::assert_snapshot!(told(&Event { event_id: None, ..permit("2017-05") }), @"event_id EVENT_ID_REQUIRED metric permits.issued is a tally, in which each event adds; give an event_id, so that a repeated event is not counted twice");
    insta::assert_snapshot!(told(&items("964", "2017-05-14T03:00:00Z", "1")), @r#"occurred_at PERIOD_REQUIRED metric post.items is reported by month, one value for each; give period, such as "2017-05", instead of occurred_at"#);
}

#[test]
fn rule_6_decimals_and_range_belong_to_the_metric() {
    insta::assert_snapshot!(told(&items("964", "2017-05", "1.5")), @r#"value TOO_MANY_DECIMALS 1.5 has 1 decimal; the metric declares 0; metric post.items counts in "item", give the value in that unit"#);
    insta::assert_snapshot!(told(&items("964", "2017-05", "1000001")), @"value OUT_OF_RANGE 1000001 cannot be right for metric post.items; it is from 0 to 1000000");
    insta::assert_snapshot!(told(&items("964", "2017-05", "-1")), @"value OUT_OF_RANGE -1 cannot be right for metric post.items; it is from 0 to 1000000");
    insta::assert_snapshot!(told(&items("964", "2017-05", "99999999999999999999")), @r#"value OUT_OF_RANGE 99999999999999999999 is too large to be recorded with 0 decimals; metric post.items counts in "item", give the value in that unit"#);
    assert_eq!(
        check(&Event {
            measure: Measure::Value("2.5".parse().unwrap()),
            ..permit("2017-05")
        })
        .unwrap()
        .value,
        25
    );
}

#[test]
fn rule_9_a_period_is_the_metrics_own() {
    insta::assert_snapshot!(told(&items("964", "2017-05-14", "1")), @r#"period PERIOD_TOO_FINE "2017-05-14" is a day and metric post.items is reported by month; give the month, such as "2017-05""#);
    insta::assert_snapshot!(told(&items("964", "2017-W20", "1")), @r#"period PERIOD_TOO_FINE "2017-W20" is a week and metric post.items is reported by month; give the month"#);
    insta::assert_snapshot!(told(&items("964", "2017", "1")), @r#"period PERIOD_TOO_COARSE "2017" is a year and metric post.items is reported by month; give each month of 2017-01..2017-12 by itself"#);
    insta::assert_snapshot!(told(&permit("2017-W20")), @r#"period PERIOD_NOT_ALIGNED "2017-W20" is a week and metric permits.issued is counted by month; a week may lie in two months, give the day"#);
    insta::assert_snapshot!(told(&permit("2017-Q1")), @r#"period PERIOD_TOO_COARSE "2017-Q1" is a quarter and metric permits.issued is counted by month; give each month of 2017-01..2017-03 by itself"#);
    assert_eq!(check(&permit("2017-05-14")).unwrap().period.to_string(), "2017-05");
}

#[test]
fn rule_14_what_is_not_over_is_not_official() {
    let official = |time| Event {
        quality: Quality::Official,
        ..items("32002.2025", time, "1")
    };
    assert!(check(&official("2026-04")).is_ok());
    insta::assert_snapshot!(told(&official("2026-05")), @"period PERIOD_NOT_ENDED 2026-05 ends with 2026-05-31, and today is 2026-05-14; give quality PRELIMINARY or ESTIMATED until it is over");
    insta::assert_snapshot!(told(&official("2026-06")), @"period FUTURE_PERIOD 2026-06-01 is after today, 2026-05-14; give quality ESTIMATED, or correct the period");
    assert!(check(&items("32002.2025", "2026-05", "1")).is_ok());
    insta::assert_snapshot!(told(&items("32002.2025", "2026-06", "1")), @"period FUTURE_PERIOD 2026-06-01 is after today, 2026-05-14; give quality ESTIMATED, or correct the period");
    let estimated = Event {
        quality: Quality::Estimated,
        ..items("32002.2025", "2026-06", "1")
    };
    assert!(check(&estimated).is_ok());
    insta::assert_snapshot!(told(&permit("2026-05-14T17:00:00Z")), @"occurred_at FUTURE_PERIOD 2026-05-15 is after today, 2026-05-14; give quality ESTIMATED, or correct the occurred_at");
    assert!(check(&permit("2026-05-14T16:59:59Z")).is_ok());
}

#[test]
fn rule_16_instants_are_bucketed_in_the_catalogues_zone() {
    let checked = check(&permit("2025-06-30T18:00:00Z")).unwrap();
    assert_eq!(checked.period.to_string(), "2025-07", "it is 1 July in Ca Mau");
    assert_eq!(checked.occurred_at, "2025-06-30T18:00:00Z".parse().ok());
    assert_eq!(
        check(&permit("2025-06-30T16:59:59Z")).unwrap().period.to_string(),
        "2025-06"
    );
}

#[test]
fn rule_20_a_computed_reason_is_not_recorded() {
    let missing = Event {
        measure: Measure::Missing(MissingReason::NoRecord),
        ..items("964", "2017-05", "0")
    };
    insta::assert_snapshot!(told(&missing), @r#"missing MISSING_REASON_NOT_RECORDABLE "no record" is found when figures are computed, never recorded; give not collected, cannot exist, suppressed or unspecified"#);
}

#[test]
fn rule_20_what_has_no_value_is_not_confidential() {
    let secret = |measure| Event {
        measure,
        confidential: true,
        ..items("964", "2017-05", "0")
    };
    insta::assert_snapshot!(told(&secret(Measure::Missing(MissingReason::NotCollected))), @"confidential CONFIDENTIAL_WITHOUT_VALUE there is no value that could be confidential; give the value, which then counts in totals and is never told, or leave confidential out: missing SUPPRESSED says that the value exists and is not given");
    let zero = check(&secret(items("964", "2017-05", "0").measure)).unwrap();
    assert!(zero.status.confidential);
}

#[test]
fn rule_20_a_total_since_the_start_of_the_year_is_not_confidential() {
    let mut files = files();
    let levels = "frequency = \"month\"\nlevels = [ { level = \"district\"";
    replace(
        &mut files,
        "post.toml",
        levels,
        &format!("cumulative = \"year\"\n{levels}"),
    );
    let (cumulative, reporter) = (load(&files), ReporterId::new("post-office").unwrap());
    let secret = Event {
        confidential: true,
        ..items("964", "2017-05", "5")
    };
    let violations = cumulative.check_event(&reporter, &secret, TODAY).unwrap_err();
    let told: Vec<String> = violations
        .iter()
        .map(|one| format!("{} {} {}", one.field, one.reason, one.message))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"confidential CONFIDENTIAL_CUMULATIVE metric post.items is reported as the total since the start of the year: the figures of two periods rest on each value, and would tell it; give missing SUPPRESSED instead");
    // what the remedy says is recorded; and the same value where it is not cumulative
    let suppressed = Event {
        measure: Measure::Missing(MissingReason::Suppressed),
        confidential: false,
        ..secret.clone()
    };
    assert!(cumulative.check_event(&reporter, &suppressed, TODAY).is_ok());
    assert!(check(&secret).is_ok());
}

#[test]
fn an_unknown_metric_and_all_other_mistakes_are_told_at_once() {
    insta::assert_snapshot!(told(&event("post.itmes", "9_6", "2017", "1")), @r#"
metric UNKNOWN_METRIC there is no metric "post.itmes"; did you mean "post.items"?
area UNKNOWN_AREA there is no area "9_6"; ListAreas names all areas
"#);
    insta::assert_snapshot!(told(&event("post.sent_share", "96", "2017", "1")), @r#"metric INDICATOR_NOT_RECORDABLE "post.sent_share" is an indicator, which is computed; record "post.items""#);
    insta::assert_snapshot!(told(&with_code(event("post.items", "96", "2017", "1.5"), "direction", "up")), @r#"
dimensions.direction UNKNOWN_CODE direction has no code "up"; give "sent", "received" or "_X"
period PERIOD_TOO_COARSE "2017" is a year and metric post.items is reported by month; give each month of 2017-01..2017-12 by itself
value TOO_MANY_DECIMALS 1.5 has 1 decimal; the metric declares 0; metric post.items counts in "item", give the value in that unit
"#);
}
