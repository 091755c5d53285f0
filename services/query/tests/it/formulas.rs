//! Formulas that come with a question.

use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::{ComparisonKind, FigureFlag};

use crate::support::{TestQuery, ask, inhabitants, log_of_2017, min_revision, texts, told, values};

fn formula(id: &str, formula: &str) -> pb::AdHocFormula {
    pb::AdHocFormula {
        id: id.to_owned(),
        formula: formula.to_owned(),
        ..pb::AdHocFormula::default()
    }
}

fn per(per: &str, decimals: i32, formula: pb::AdHocFormula) -> pb::AdHocFormula {
    pb::AdHocFormula {
        per: per.to_owned(),
        decimals: Some(decimals),
        ..formula
    }
}

fn with_formulas(formulas: Vec<pb::AdHocFormula>) -> pb::QueryIndicatorsRequest {
    pb::QueryIndicatorsRequest { formulas, ..ask(&[]) }
}

#[tokio::test]
async fn rule_7_a_formula_of_a_question_is_computed_like_an_indicator() {
    let log = log_of_2017().await;
    let revision = log.append(&inhabitants("2018", "1234826"));
    let mut query = TestQuery::follow(&log).await;
    let density = formula("density", "telephone.subscriptions / population.inhabitants");
    let request = pb::QueryIndicatorsRequest {
        read_at: min_revision(revision),
        ..with_formulas(vec![
            per("100", 2, density),
            per(
                "",
                0,
                formula(
                    "more",
                    "population.inhabitants - shift(population.inhabitants, -1 year)",
                ),
            ),
            formula(
                "share",
                "telephone.subscriptions{service='fixed'} / telephone.subscriptions",
            ),
        ])
    };
    let request = pb::QueryIndicatorsRequest {
        indicators: texts(&["telephone.density"]),
        ..request
    };
    let answer = query
        .client
        .query_indicators(request.clone())
        .await
        .unwrap()
        .into_inner();
    let ids: Vec<&str> = answer.figures.iter().map(|figure| figure.indicator.as_str()).collect();
    assert_eq!(ids, ["telephone.density", "density", "more", "share"]);
    // 42,166 / 1,456,018
    assert_eq!(values(&answer), [Some("119.09"), Some("119.09"), None, Some("0.03")]);
    assert_eq!(answer.figures[1].unit, "subscription / 100 person");
    assert_eq!(answer.figures[3].unit, "1");
    assert_eq!(answer.figures[0].denominator, answer.figures[1].denominator);

    let next = pb::QueryIndicatorsRequest {
        periods: texts(&["2018"]),
        formulas: request.formulas[1..2].to_vec(),
        indicators: Vec::new(),
        comparisons: vec![pb::ComparisonRequest {
            kind: ComparisonKind::PreviousPeriod.into(),
            ..pb::ComparisonRequest::default()
        }],
        ..request.clone()
    };
    let answer = query.client.query_indicators(next).await.unwrap().into_inner();
    // 1,234,826 - 1,222,600
    assert_eq!(values(&answer), [Some("12226")]);
    assert_eq!(answer.figures[0].unit, "person");
    assert_eq!(answer.figures[0].comparisons.len(), 1);
}

#[tokio::test]
async fn formulas_are_paged_and_streamed_after_the_indicators() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        indicators: texts(&["telephone.density"]),
        ..with_formulas(vec![
            formula("half", "population.inhabitants / 2"),
            formula("twice", "population.inhabitants * 2"),
        ])
    };
    let mut paged = Vec::new();
    let mut page = pb::QueryIndicatorsRequest {
        page_size: 1,
        ..request.clone()
    };
    loop {
        let answer = query.client.query_indicators(page.clone()).await.unwrap().into_inner();
        paged.extend(answer.figures);
        if answer.next_page_token.is_empty() {
            break;
        }
        page.page_token = answer.next_page_token;
    }
    let whole = query
        .client
        .query_indicators(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(paged, whole.figures);
    let stream = pb::StreamIndicatorsRequest {
        query: Some(request.clone()),
        ..pb::StreamIndicatorsRequest::default()
    };
    let mut stream = query.client.stream_indicators(stream).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().figures, whole.figures);
}

#[tokio::test]
async fn formulas_about_one_sum_are_streamed_to_the_last() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        indicators: texts(&["population.inhabitants"]),
        periods: texts(&["2016", "2017"]),
        combine_areas: true,
        ..with_formulas(vec![formula("half", "population.inhabitants / 2")])
    };
    let whole = query
        .client
        .query_indicators(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(whole.figures.len(), 4);
    let one_each = pb::QueryIndicatorsRequest {
        page_size: 1,
        ..request
    };
    let stream = pb::StreamIndicatorsRequest {
        query: Some(one_each),
        ..pb::StreamIndicatorsRequest::default()
    };
    let mut stream = query.client.stream_indicators(stream).await.unwrap().into_inner();
    let mut streamed = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        streamed.extend(message.figures);
    }
    assert_eq!(streamed, whole.figures);
}

#[tokio::test]
async fn rule_25_a_formula_says_how_its_denominator_joins() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let density = formula("density", "telephone.subscriptions / population.inhabitants");
    let rule = |rule: pb::DenominatorRule, limit: i32| pb::AdHocFormula {
        id: format!("density_{limit}"),
        denominator: rule.into(),
        denominator_limit: limit,
        ..density.clone()
    };
    let request = pb::QueryIndicatorsRequest {
        formulas: vec![
            rule(pb::DenominatorRule::YearAverage, 0),
            rule(pb::DenominatorRule::LatestOnOrBefore, 1),
        ],
        ..ask(&[])
    };
    let answer = query.client.query_indicators(request).await.unwrap().into_inner();
    // 1,456,018 / 1,222,600
    assert_eq!(values(&answer), [Some("1.19"), Some("1.19")]);
    let other_period = i32::from(FigureFlag::DenominatorOtherPeriod);
    assert!(
        answer
            .figures
            .iter()
            .all(|figure| !figure.flags.contains(&other_period))
    );
}

#[tokio::test]
async fn a_watch_tells_a_formula_again_when_it_changes() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::WatchIndicatorsRequest {
        query: Some(with_formulas(vec![per(
            "",
            0,
            formula("half", "population.inhabitants / 2"),
        )])),
        ..pb::WatchIndicatorsRequest::default()
    };
    let mut watch = query.client.watch_indicators(request).await.unwrap().into_inner();
    let first = watch.message().await.unwrap().unwrap();
    assert_eq!(first.figures[0].value.as_deref(), Some("611300"));
    log.append(&inhabitants("2017", "1222602"));
    let next = loop {
        let message = watch.message().await.unwrap().unwrap();
        if !message.figures.is_empty() {
            break message;
        }
    };
    assert_eq!(next.figures[0].value.as_deref(), Some("611301"));
}

#[tokio::test]
async fn every_mistake_in_a_formula_is_told_with_its_column() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = with_formulas(vec![
        formula("costs", "inspections.fines + telephone.mobile_users"),
        formula("unknown", "telephone.subscription / population.inhabitants{sex='f'}"),
        formula("code", "telephone.subscriptions{service='mobil'}"),
        formula("syntax", "moving_avg(telephone.subscriptions, 12)"),
        formula("telephone.density", "moving_sum(telephone.subscriptions, 2 years)"),
        formula("syntax", ""),
        formula("2nd", "1 + "),
        per(
            "-1",
            10,
            formula("numbers", "telephone.subscriptions / population.inhabitants"),
        ),
        pb::AdHocFormula {
            zero_when_missing: texts(&["population.inhabitant", "population.inhabitants"]),
            denominator: 9,
            ..formula("", "telephone.subscriptions")
        },
        pb::AdHocFormula {
            denominator_limit: 2,
            ..formula("limit", "telephone.subscriptions")
        },
        pb::AdHocFormula {
            denominator: pb::DenominatorRule::LatestOnOrBefore.into(),
            ..formula("no_limit", "telephone.subscriptions")
        },
        formula("deep", &"-".repeat(100)),
    ]);
    let refused = query.client.query_indicators(request).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
InvalidArgument SEVERAL_VIOLATIONS
formulas[0].formula: column 19: '+' stands between "dong" and "person"; add and subtract only what has one unit (and 19 more problems) (3 more problems are not listed)
- DIFFERENT_UNITS formulas[0].formula: column 19: '+' stands between "dong" and "person"; add and subtract only what has one unit
- UNKNOWN_INDICATOR formulas[1].formula: column 1: the formula names "telephone.subscription", which is neither a metric nor an indicator; did you mean "telephone.subscriptions", "telephone.mobile_users" or "telephone.mobile_density"?
- UNKNOWN_DIMENSION formulas[1].formula: column 49: population.inhabitants has no dimension "sex"; leave the filter out: it has no dimensions
- UNKNOWN_CODE formulas[2].formula: column 34: dimension service has no code "mobil"; did you mean "mobile"?
- MALFORMED_FORMULA formulas[3].formula: column 39: the formula has ')' where a unit: year, half, quarter, month, week or day is expected; write it like "moving_avg(post.items, 12 months)"
- ID_IN_USE formulas[4].id: "telephone.density" is defined by the catalogue; give the formula another id
- NOT_ADDITIVE formulas[4].formula: column 1: moving_sum adds telephone.subscriptions over time, which is a stock; write moving_avg, moving_min or moving_max: a level of each month does not add up to one of the year
- DUPLICATE formulas[5].id: formulas[3] has the id "syntax" too; give each its own
- REQUIRED formulas[5].formula: give a formula, such as "post.items / population.inhabitants"
- MALFORMED_ID formulas[6].id: "2nd" has '2' at byte 0; give lower-case letters, digits, '_' and '.', a letter first, such as "telephone.subscriptions"
- MALFORMED_FORMULA formulas[6].formula: column 5: the formula has its end where a number, a metric, an indicator, a function, '-' or '(' is expected; write it like "post.items{direction='sent'} / (population.inhabitants - 1)"
- MALFORMED_DECIMAL formulas[7].per: "-1" is no number above 0; write it like "100" or "0.5"
- OUT_OF_RANGE formulas[7].decimals: 10 decimals cannot be printed; give 0 to 9
- REQUIRED formulas[8].id: give the id by which the formula's figures are known, such as "items_per_office"
- UNKNOWN_INDICATOR formulas[8].zero_when_missing[0]: "population.inhabitant" is not the id of an indicator or metric of the catalogue; did you mean population.inhabitants?
- CONFLICT formulas[8].zero_when_missing[1]: the formula does not name population.inhabitants; name a term of it, or leave it out
- UNKNOWN_RULE formulas[8].denominator: there is no denominator rule 9; give one of DENOMINATOR_RULE_SAME_PERIOD, DENOMINATOR_RULE_LATEST_ON_OR_BEFORE, DENOMINATOR_RULE_YEAR_AVERAGE
"#);
}

#[tokio::test]
async fn what_a_function_cannot_be_computed_for_is_refused() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = with_formulas(vec![
        formula("half_year", "shift(population.inhabitants, -6 months)"),
        formula("monthly", "avg(population.inhabitants by month)"),
    ]);
    let refused = query.client.query_indicators(request).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
InvalidArgument SEVERAL_VIOLATIONS
periods[0]: shift(population.inhabitants, -6 months) (in half_year) would shift a year by 6 months, which leaves no whole year; ask for periods that can be shifted so (and 1 more problem)
- PERIOD_NOT_WHOLE periods[0]: shift(population.inhabitants, -6 months) (in half_year) would shift a year by 6 months, which leaves no whole year; ask for periods that can be shifted so
- PERIOD_TOO_FINE periods[0]: population.inhabitants (in monthly) is reported by year; a month is finer: ask by year or longer
"#);
}

#[tokio::test]
async fn rule_7_a_formula_of_a_question_is_explained_and_has_vintages() {
    let log = log_of_2017().await;
    let revision = log.append(&inhabitants("2018", "1234826"));
    log.append(&inhabitants("2018", "1234827"));
    let mut query = TestQuery::follow(&log).await;
    query.until_serving().await;
    let more = "population.inhabitants - shift(population.inhabitants, -1 year)";
    let asked = pb::QueryIndicatorsRequest {
        periods: texts(&["2018"]),
        ..with_formulas(vec![
            per("", 0, formula("more", more)),
            formula("other", "population.inhabitants"),
        ])
    };
    let request = pb::ExplainFigureRequest {
        query: Some(asked.clone()),
        indicator: "more".to_owned(),
        ..pb::ExplainFigureRequest::default()
    };
    let explained = query.client.explain_figure(request).await.unwrap().into_inner();
    assert_eq!(
        (explained.formula.as_str(), explained.substituted.as_str()),
        (more, "1234827 - 1222600")
    );
    let periods: Vec<&str> = explained.terms.iter().map(|term| term.period.as_str()).collect();
    assert_eq!(periods, ["2018", "2017"]);
    let request = pb::ListVintagesRequest {
        query: Some(asked),
        indicator: "more".to_owned(),
        ..pb::ListVintagesRequest::default()
    };
    let listed = query.client.list_vintages(request).await.unwrap().into_inner();
    let vintages = listed.vintages.iter().map(|vintage| {
        let figure = vintage.figure.as_ref().unwrap();
        (vintage.revision, figure.value.as_deref())
    });
    // before 2018 was reported there was no difference
    let vintages: Vec<_> = vintages.filter(|(_, value)| value.is_some()).collect();
    assert_eq!(vintages, [(revision, Some("12226")), (revision + 1, Some("12227"))]);
}
