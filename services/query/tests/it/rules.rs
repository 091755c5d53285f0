//! Rules over gRPC.

use almanac_wire::pb::query as pb;

use crate::support::{TestQuery, inhabitants, log_of_2017, min_revision, texts, told};

fn ask(rules: &[&str], periods: &[&str]) -> pb::CheckRulesRequest {
    pb::CheckRulesRequest {
        rules: texts(rules),
        areas: texts(&["96"]),
        periods: texts(periods),
        ..pb::CheckRulesRequest::default()
    }
}

#[tokio::test]
async fn rule_34_a_jump_is_told_with_both_sides_and_a_missing_side_with_its_reason() {
    let log = log_of_2017().await;
    let revision = log.append(&inhabitants("2018", "1400000"));
    let mut query = TestQuery::follow(&log).await;
    let request = pb::CheckRulesRequest {
        read_at: min_revision(revision),
        ..ask(&["population.inhabitants_jump"], &["2017..2018"])
    };
    let answer = query.client.check_rules(request).await.unwrap().into_inner();
    assert_eq!((answer.checked_count, answer.unchecked_count), (Some(1), Some(1)));
    let [jump] = answer.violations.as_slice() else {
        panic!("{answer:?}");
    };
    assert_eq!((jump.period.as_str(), jump.severity()), ("2018", pb::Severity::Error));
    assert_eq!(jump.label.as_ref().unwrap().vi, "Dân số tăng, giảm đột biến");
    insta::assert_snapshot!(jump.message, @"population.inhabitants is 1400000 in 2018 and population.inhabitants is 1222600 in 2017: a change of 14.5101 %, of which 5 % are in order");
    let [first] = answer.unchecked.as_slice() else {
        panic!("{answer:?}");
    };
    assert_eq!(first.reason(), pb::UncheckedReason::Missing);
    insta::assert_snapshot!(first.message, @"population.inhabitants is 1222600 in 2017 and population.inhabitants has no value in 2016 (no record): a side is missing");
}

#[tokio::test]
async fn every_mistake_in_a_question_for_rules_is_told() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::CheckRulesRequest {
        areas: Vec::new(),
        ..ask(&["population.inhabitants_jmp"], &[])
    };
    let refused = query.client.check_rules(request).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument SEVERAL_VIOLATIONS
    rules[0]: "population.inhabitants_jmp" is not the id of a rule of the catalogue; did you mean population.inhabitants_jump or population.inhabitants? (and 2 more problems)
    - UNKNOWN_CATALOG_RULE rules[0]: "population.inhabitants_jmp" is not the id of a rule of the catalogue; did you mean population.inhabitants_jump or population.inhabitants?
    - REQUIRED areas: give ids of areas, such as "96", or areas_under and level; ListAreas has them
    - REQUIRED periods: give at least one period, such as "2017" or "2015..2017"
    "#);
}
