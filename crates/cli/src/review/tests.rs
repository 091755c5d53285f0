//! What the table looks like, from figures that do not change.

use std::collections::BTreeMap;

use almanac_client::model::{
    Coverage, Figure, FigureArea, FigureFlag, LogId, MissingReason, Operand, Qualifier, Quality, Quotient, Revision,
};
use almanac_client::{AnsweredAt, Documentation, Label, Report, ReportLine, ReportSection, Unit};
use insta::assert_snapshot;

use super::{Language, Look, compare, render};

/// A figure of Ca Mau for 2017 that is what it seems.
pub(super) fn figure(measure: &str, value: Result<&str, MissingReason>) -> Figure {
    Figure {
        measure: measure.into(),
        area: FigureArea::One("96".parse().unwrap()),
        period: "2017".parse().unwrap(),
        dimensions: BTreeMap::new(),
        value: value.map(str::to_owned),
        unit: "subscription".into(),
        quality: value.is_ok().then_some(Quality::Official),
        qualifier: Qualifier::Exact,
        quotient: None,
        coverage: Some(Coverage {
            reported: 2,
            expected: 2,
        }),
        flags: [].into(),
        carried_from: None,
        comparisons: Vec::new(),
        share: None,
        rank: None,
    }
}

fn operand(formula: &str, value: &str, quality: Quality) -> Operand {
    Operand {
        formula: formula.into(),
        value: Ok(value.to_owned()),
        period: "2016".parse().unwrap(),
        sources: [].into(),
        quality: Some(quality),
        qualifier: Qualifier::Exact,
    }
}

fn density(value: &str) -> Figure {
    Figure {
        quality: Some(Quality::Estimated),
        quotient: Some(Box::new(Quotient {
            numerator: operand("telephone.subscriptions", "1456018", Quality::Official),
            denominator: operand("population.inhabitants", "1222600", Quality::Estimated),
        })),
        flags: [FigureFlag::DenominatorOtherPeriod].into(),
        ..figure("telephone.density", Ok(value))
    }
}

fn label(vi: &str, en: &str) -> Label {
    Label {
        vi: vi.to_owned(),
        en: en.to_owned(),
    }
}

fn line(id: &str, vi: &str, en: &str, figure: Figure) -> ReportLine {
    ReportLine {
        id: id.to_owned(),
        label: label(vi, en),
        unit: Unit {
            id: figure.unit.parse().unwrap(),
            label: label("thuê bao", "subscription"),
            percentage: false,
        },
        figure,
    }
}

/// One line of every kind.
fn report() -> Report {
    let telephone = vec![
        line(
            "telephone.subscriptions",
            "Thuê bao điện thoại",
            "Telephone subscriptions",
            figure("telephone.subscriptions", Ok("1456018")),
        ),
        line(
            "telephone.density",
            "Mật độ điện thoại",
            "Telephone density",
            density("119.10"),
        ),
        line(
            "telephone.mobile_share",
            "Tỷ lệ thuê bao di động trong tổng số thuê bao điện thoại",
            "Share of mobile telephone subscriptions in all telephone subscriptions",
            figure("telephone.mobile_share", Err(MissingReason::NoRecord)),
        ),
    ];
    let inhabitants = Figure {
        quality: Some(Quality::Estimated),
        coverage: None,
        ..figure("population.inhabitants", Ok("1222600"))
    };
    let fines = Figure {
        qualifier: Qualifier::AtLeast,
        flags: [FigureFlag::PartialPeriod, FigureFlag::CarriedForward].into(),
        carried_from: Some("2016-12-31".parse().unwrap()),
        coverage: Some(Coverage {
            reported: 1,
            expected: 3,
        }),
        ..figure("inspections.fines", Ok("90000000"))
    };
    let others = vec![
        line("population.inhabitants", "Dân số", "Inhabitants", inhabitants),
        line("inspections.fines", "Tiền phạt", "Fines", fines),
    ];
    let section = |vi, en, lines| ReportSection {
        label: label(vi, en),
        lines,
    };
    Report {
        id: "annual-review".parse().unwrap(),
        documentation: Documentation::default(),
        sections: vec![
            section("Điện thoại", "Telephone", telephone),
            section("Khác", "Others", others),
        ],
        answered_at: AnsweredAt {
            revision: Revision(7),
            log_id: LogId::from_bytes([7; 16]),
            revision_time: None,
            catalog_revision: Revision(1),
            catalog_version: almanac_ca_mau::catalog().unwrap().hash(),
            on_boundaries_of: None,
        },
    }
}

fn rendered(language: Language, width: u16) -> String {
    let shown = ["telephone.", "population.", "inspections.fines"];
    let mut figures = almanac_ca_mau::figures_2017().unwrap();
    figures.retain(|figure| shown.iter().any(|prefix| figure.line.starts_with(prefix)));
    figures.retain(|figure| !figure.line.starts_with("telephone.subscriptions."));
    let look = Look { width, colours: false };
    render(&compare(report(), &figures), language, look)
}

#[test]
fn the_table_in_english() {
    assert_snapshot!(rendered(Language::En, 120));
}

#[test]
fn the_table_in_vietnamese() {
    assert_snapshot!(rendered(Language::Vi, 120));
}

#[test]
fn a_narrow_terminal_breaks_labels_and_no_numbers() {
    let table = rendered(Language::En, 90);
    assert!(
        table
            .lines()
            .all(|line| line.starts_with('(') || line.chars().count() <= 90),
        "{table}"
    );
    assert!(table.contains("over 90,000,000"), "{table}");
}

#[test]
fn nothing_but_a_terminal_gets_colours() {
    assert!(!rendered(Language::En, 120).contains('\u{1b}'));
    let look = Look {
        width: 120,
        colours: true,
    };
    assert!(render(&compare(report(), &[]), Language::En, look).contains('\u{1b}'));
}
