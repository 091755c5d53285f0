//! The review of 2017: what the department published comes out of what was reported.

use almanac_ca_mau::{ANNUAL_REVIEW, PROVINCE, figures_2017};
use almanac_wire::pb::query::{GetReportRequest, ReadAt, ReportLine};
use almanac_wire::pb::shared::{FigureFlag, Qualifier, Quality};

use crate::support::events::review_2017;
use crate::support::pair::Pair;

/// The lines of the review, after all reporters have reported.
async fn filled_review() -> Vec<ReportLine> {
    let pair = Pair::start().await;
    let mut revision = 0;
    for request in review_2017() {
        let recorded = request.events.len();
        let answer = pair.ingest.send(request).await.expect("the figures are right");
        assert_eq!(answer.recorded_count, i32::try_from(recorded).ok());
        revision = answer.revision;
    }
    let request = GetReportRequest {
        report: ANNUAL_REVIEW.into(),
        area: PROVINCE.into(),
        period: "2017".into(),
        read_at: Some(ReadAt {
            min_revision: revision,
            ..ReadAt::default()
        }),
    };
    let report = pair.query.client.clone().get_report(request).await;
    let report = report.expect("the report is there").into_inner();
    assert_eq!(
        report
            .answered_at
            .expect("every answer says at which revision")
            .revision,
        revision
    );
    report.sections.into_iter().flat_map(|section| section.lines).collect()
}

#[tokio::test]
async fn every_published_figure_of_2017_comes_out_as_published() {
    let lines = filled_review().await;
    let figures = figures_2017().unwrap();
    let published = figures.iter().filter(|figure| figure.published).count();
    // the inhabitants are the one figure that the review does not print
    assert_eq!((figures.len(), published), (33, 32));
    let shown = |id: &str| {
        let line = lines.iter().find(|line| line.id == id);
        line.and_then(|line| line.figure.as_ref()?.value.clone())
    };
    let wrong: Vec<String> = figures
        .iter()
        .filter(|figure| shown(&figure.line) != Some(figure.value.to_string()))
        .map(|figure| {
            format!(
                "{}: published {}, shown {:?}",
                figure.line,
                figure.value,
                shown(&figure.line)
            )
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} differ: {wrong:#?}",
        wrong.len(),
        figures.len()
    );
}

#[tokio::test]
async fn the_figures_people_know_carry_their_unit_quality_and_bound() {
    let lines = filled_review().await;
    let shown = |id: &str| {
        let line = lines.iter().find(|line| line.id == id);
        line.and_then(|line| line.figure.clone()).expect("the line is there")
    };
    let density = shown("telephone.density");
    assert_eq!(density.value.as_deref(), Some("119.09"));
    assert_eq!(density.unit, "subscription_per_100_inhabitants");
    // the inhabitants are an estimate, so every density is
    assert_eq!(density.quality(), Quality::Estimated);
    let denominator = density.denominator.expect("a quotient names its denominator");
    assert_eq!(denominator.value.as_deref(), Some("1222600"));
    assert!(
        !denominator.sources.is_empty(),
        "the denominator's source is part of the answer"
    );
    assert_eq!(shown("telephone.mobile_user_share").value.as_deref(), Some("49.12"));
    assert_eq!(shown("internet.density").value.as_deref(), Some("0.21"));
    // "over 90 million" is never printed as 90 million exactly
    let fines = shown("inspections.fines");
    assert_eq!(
        (fines.value.as_deref(), fines.qualifier()),
        (Some("90000000"), Qualifier::AtLeast)
    );
    assert_eq!(shown("inspections.fine_per_sanctioned").qualifier(), Qualifier::AtLeast);
    let items = shown("post.items.sent");
    assert_eq!(
        (items.quality(), items.qualifier()),
        (Quality::Official, Qualifier::Exact)
    );
    assert!(!items.flags.contains(&FigureFlag::PartialPeriod.into()));
}
