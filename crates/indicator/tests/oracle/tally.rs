//! What was asked and answered, over all worlds: a rule that no world reaches is not compared with anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use almanac_catalog::Method;
use almanac_indicator::{Question, Refusal};
use almanac_model::{
    Comparison, ComparisonFlag, ComparisonKind, FigureFlag, FigureShare, MissingReason, NoPercent, Revision,
};
use almanac_testkit::generate::World;
use almanac_testkit::oracle::Figure;

use crate::formulas;

/// In how many worlds and figures something was seen.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    worlds: usize,
    figures: usize,
}

/// The counts of a run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    worlds: usize,
    pub(crate) questions: usize,
    pub(crate) refused: usize,
    pub(crate) figures: usize,
    pub(crate) numbers: usize,
    /// Questions that were asked with the secrets moved, too.
    pub(crate) moved: usize,
    seen: BTreeMap<String, Seen>,
}

/// What was seen in one world, with the figures that had it.
#[derive(Debug, Default)]
pub(crate) struct WorldTally(BTreeMap<String, usize>);

impl WorldTally {
    /// What the log of a world has beside plain values.
    pub(crate) fn of(world: &World) -> Self {
        let mut tally = Self::default();
        let mut reported = BTreeSet::new();
        for row in world.log.iter().flat_map(|(_, batch)| batch.rows()) {
            let metric = world.catalog.metric(row.series.metric.as_str());
            let is_tally = metric.is_some_and(|metric| metric.method == Method::Tally);
            let key = format!("{:?} {}", row.series, row.period);
            if row.status.confidential && !row.is_retraction {
                tally.saw("log: secret");
            }
            match (is_tally, row.is_retraction) {
                (true, true) => tally.saw("log: event of a tally taken back"),
                (false, true) => tally.saw("log: report withdrawn"),
                (false, false) if !reported.insert(key) => tally.saw("log: report corrected"),
                _ => {}
            }
        }
        tally
    }

    fn saw(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    pub(crate) fn refused(&mut self, refusals: &[Refusal]) {
        let reasons: BTreeSet<&str> = refusals.iter().map(|refusal| refusal.reason.as_str()).collect();
        for reason in reasons {
            self.saw(format!("refused: {reason}"));
        }
    }

    pub(crate) fn count(&mut self, world: &World, figure: &Figure, question: &Question, as_of: Revision) {
        for what in formulas::reached(world, figure, question) {
            self.saw(what);
        }
        let asked = [
            ("asked: strict", question.strict),
            ("asked: on boundaries of a day", question.on_boundaries_of.is_some()),
            ("asked: as of a revision", as_of != Revision::LATEST),
            (
                "asked: by codes",
                !figure.group.is_empty() && !figure.group.contains_key("reporter"),
            ),
            ("asked: by reporter", figure.group.contains_key("reporter")),
            ("asked: several areas as one", question.combine_areas),
            ("asked: by grouping", figure.group.contains_key("zone")),
            (
                "asked: a code of a grouping",
                question.filters.keys().any(|id| id.as_str() == "zone"),
            ),
            ("asked: filtered", !question.filters.is_empty()),
            (
                "number: of a period of a calendar",
                figure.period.granularity().calendar().is_some() && figure.value.is_ok(),
            ),
            ("figure: quotient", figure.sides.is_some()),
            ("figure: coverage", figure.coverage.is_some()),
            (
                "figure: number on boundaries of a day",
                question.on_boundaries_of.is_some() && figure.value.is_ok(),
            ),
        ];
        for (what, _) in asked.into_iter().filter(|(_, so)| *so) {
            self.saw(what);
        }
        for flag in &figure.flags {
            self.saw(format!("flag: {flag:?}"));
        }
        if let Err(reason) = figure.value {
            self.saw(format!("missing: {reason:?}"));
        }
        for comparison in &figure.comparisons {
            self.compared(comparison);
        }
        if let Some(share) = &figure.share {
            self.shared(share);
        }
    }

    /// A figure beside what it would be if nothing were kept secret, and if the secrets were other numbers.
    pub(crate) fn count_secret(&mut self, figure: &Figure, counted: &Figure, other: &Figure) {
        let rests_on_secret = counted.value != other.value;
        match (figure.value == counted.value, rests_on_secret) {
            (false, true) => self.saw("secret: withheld"),
            (false, false) => self.saw("secret: complement withheld"),
            (true, true) => self.saw("secret: counted in what is told"),
            (true, false) => {}
        }
        if figure.comparisons != counted.comparisons {
            self.saw("secret: comparison withheld");
        }
        if figure.share != counted.share {
            self.saw("secret: share withheld");
        }
    }

    fn shared(&mut self, share: &FigureShare) {
        let of = match share.of.as_str() {
            "area" | "reporter" | "zone" => share.of.as_str(),
            _ => "codes",
        };
        self.saw(format!("share: of {of}"));
        match &share.percent {
            Ok(_) => self.saw("share: percent"),
            Err(reason) => self.saw(format!("share: none {reason:?}")),
        }
    }

    fn compared(&mut self, comparison: &Comparison) {
        self.saw(format!("compared: {:?}", comparison.kind));
        for flag in &comparison.flags {
            self.saw(format!("compared: flag {flag:?}"));
        }
        if let Err(reason) = comparison.base {
            self.saw(format!("compared: base missing {reason:?}"));
        }
        match &comparison.contribution {
            Some(Ok(_)) => self.saw("compared: contribution"),
            Some(Err(reason)) => self.saw(format!("compared: no contribution {reason:?}")),
            None => {}
        }
        match &comparison.like {
            Some(Ok(_)) => self.saw("compared: like for like"),
            Some(Err(reason)) => self.saw(format!("compared: nothing alike {reason:?}")),
            None => {}
        }
        if comparison.kind == ComparisonKind::Target {
            self.planned(comparison);
            return;
        }
        match comparison.change.as_ref().map(|change| &change.percent) {
            Some(Ok(_)) => self.saw("compared: growth"),
            Some(Err(reason)) => self.saw(format!("compared: no growth {reason:?}")),
            None => {}
        }
    }
}

impl WorldTally {
    fn planned(&mut self, comparison: &Comparison) {
        if comparison.target.is_some() {
            self.saw("target: set by somebody");
        }
        match comparison.change.as_ref().map(|change| &change.index) {
            Some(Ok(_)) => self.saw("target: achievement"),
            Some(Err(reason)) => self.saw(format!("target: no achievement {reason:?}")),
            None => {}
        }
        if let Err(reason) = comparison.base {
            self.saw(format!("target: missing {reason:?}"));
        }
    }
}

impl Tally {
    pub(crate) fn add(&mut self, world: WorldTally) {
        self.worlds += 1;
        for (what, figures) in world.0 {
            let seen = self.seen.entry(what).or_default();
            seen.worlds += 1;
            seen.figures += figures;
        }
    }

    /// What ought to be seen and is seen in fewer than one world of two hundred: the rarer rules are reached by one in a
    /// hundred, and chance is not to fail a run.
    pub(crate) fn rare(&self) -> Vec<String> {
        let worlds = |what: &String| self.seen.get(what).map_or(0, |seen| seen.worlds);
        let wanted = wanted().into_iter();
        wanted.filter(|what| worlds(what) * 200 < self.worlds).collect()
    }
}

/// Everything that a long run has to reach.
fn wanted() -> Vec<String> {
    use MissingReason::{
        CannotExist, DenominatorZero, Incomplete, NoRecord, NotAdditive, NotCollected, NotRestatable, Suppressed,
        Unspecified,
    };
    let flags = [
        FigureFlag::PartialPeriod,
        FigureFlag::PartialCoverage,
        FigureFlag::CarriedForward,
        FigureFlag::Unmatched,
        FigureFlag::OutOfRange,
        FigureFlag::Restated,
        FigureFlag::DenominatorOtherPeriod,
        FigureFlag::Break,
        FigureFlag::CumulativeDecreased,
    ];
    let reasons = [
        NotCollected,
        CannotExist,
        Suppressed,
        Unspecified,
        NoRecord,
        DenominatorZero,
        Incomplete,
        NotRestatable,
        NotAdditive,
    ];
    let plain = [
        "log: event of a tally taken back",
        "log: report withdrawn",
        "log: report corrected",
        "asked: strict",
        "asked: on boundaries of a day",
        "asked: as of a revision",
        "asked: by codes",
        "asked: by reporter",
        "asked: filtered",
        "asked: several areas as one",
        "asked: by grouping",
        "asked: a code of a grouping",
        "figure: quotient",
        "number: of a period of a calendar",
        "figure: coverage",
        "figure: number on boundaries of a day",
        "log: secret",
        "secret: withheld",
        "secret: complement withheld",
        "secret: counted in what is told",
        "share: of area",
        "share: of codes",
        "share: of reporter",
        "share: percent",
    ];
    let mut wanted: Vec<String> = plain.into_iter().chain(formulas::WANTED).map(str::to_owned).collect();
    wanted.extend(wanted_of_comparisons());
    wanted.extend(flags.map(|flag| format!("flag: {flag:?}")));
    wanted.extend(reasons.map(|reason| format!("missing: {reason:?}")));
    wanted
}

/// Everything that comparisons have to reach.
fn wanted_of_comparisons() -> Vec<String> {
    use ComparisonKind::{Base, PreviousPeriod, SamePeriodLastYear, Target};
    use MissingReason::{CannotExist, DenominatorZero, Incomplete, NoRecord, NotCollected, NotRestatable};
    let base_reasons = [
        CannotExist,
        NoRecord,
        NotCollected,
        NotRestatable,
        DenominatorZero,
        Incomplete,
    ];
    let flags = [
        ComparisonFlag::NotComparable,
        ComparisonFlag::Partial,
        ComparisonFlag::Bounded,
        ComparisonFlag::LikeForLike,
    ];
    let plain = [
        "compared: growth",
        "compared: contribution",
        "compared: like for like",
        "target: set by somebody",
        "target: achievement",
    ];
    let mut wanted: Vec<String> = plain.into_iter().map(str::to_owned).collect();
    wanted.extend([PreviousPeriod, SamePeriodLastYear, Base, Target].map(|kind| format!("compared: {kind:?}")));
    wanted.extend(flags.map(|flag| format!("compared: flag {flag:?}")));
    wanted.extend(base_reasons.map(|reason| format!("compared: base missing {reason:?}")));
    wanted.extend([NotCollected, NoRecord, NotRestatable].map(|reason| format!("target: missing {reason:?}")));
    wanted
        .extend([NoPercent::BaseZero, NoPercent::BaseNegative].map(|reason| format!("compared: no growth {reason:?}")));
    wanted
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            worlds,
            questions,
            refused,
            figures,
            numbers,
            moved,
            seen,
        } = self;
        writeln!(
            f,
            "{worlds} worlds, {questions} questions, {refused} of them refused, {figures} figures, {numbers} of them numbers"
        )?;
        writeln!(
            f,
            "{} questions agree, {moved} of them with the secrets moved too",
            questions - refused
        )?;
        for (what, Seen { worlds, figures }) in seen {
            writeln!(f, "{what:45} {worlds:8} worlds {figures:9} times")?;
        }
        Ok(())
    }
}
