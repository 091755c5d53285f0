//! The catalogue: everything that was loaded, found by name.

use std::collections::{BTreeMap, HashMap};

use almanac_model::{AreaId, DimensionId, IndicatorId, LevelId, MetricId, ReportId, ReporterId, RuleId, UnitId};
use foldhash::fast::RandomState;
use jiff::tz::TimeZone;

use crate::hierarchy::Hierarchy;
use crate::load::{Head, Names, Subject};
use crate::problem::Origin;
use crate::region::ListedBelow;
use crate::table::Table;
use crate::validate::EventRules;
use crate::{
    Area, CatalogFiles, ContentHash, CustomCalendar, Dimension, Expectation, Grouping, Indicator, Level, Metric,
    Problem, Report, Reporter, Rule, Transition, Unit,
};

/// A checked catalogue. Every name in it is defined in it.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub(crate) head: Head,
    pub(crate) files: CatalogFiles,
    pub(crate) hash: ContentHash,
    pub(crate) calendars: Table<String, CustomCalendar>,
    pub(crate) levels: Table<LevelId, Level>,
    pub(crate) units: Table<UnitId, Unit>,
    pub(crate) dimensions: Table<DimensionId, Dimension>,
    pub(crate) groupings: Table<DimensionId, Grouping>,
    pub(crate) metrics: Table<MetricId, Metric>,
    pub(crate) indicators: Table<IndicatorId, Indicator>,
    pub(crate) areas: Table<AreaId, Area>,
    pub(crate) reporters: Table<ReporterId, Reporter>,
    pub(crate) reports: Table<ReportId, Report>,
    pub(crate) rules: Table<RuleId, Rule>,
    pub(crate) transitions: Vec<Transition>,
    pub(crate) expectations: HashMap<MetricId, Vec<Expectation>, RandomState>,
    pub(crate) hierarchy: Hierarchy,
    pub(crate) listed_below: ListedBelow,
    /// What an event of a metric is checked against, by the metric's position.
    pub(crate) event_rules: Vec<EventRules>,
    origins: BTreeMap<(Subject, String), Origin>,
}

/// What a catalogue is put together from.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) head: Head,
    pub(crate) calendars: Vec<CustomCalendar>,
    pub(crate) levels: Vec<Level>,
    pub(crate) units: Vec<Unit>,
    pub(crate) dimensions: Vec<Dimension>,
    pub(crate) groupings: Vec<Grouping>,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) indicators: Vec<Indicator>,
    pub(crate) areas: Vec<Area>,
    pub(crate) reporters: Vec<Reporter>,
    pub(crate) reports: Vec<Report>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) transitions: Vec<Transition>,
    pub(crate) expectations: Vec<Expectation>,
}

impl Catalog {
    /// Reads and checks a catalogue. All its mistakes are told at once, by file and line.
    pub fn load(files: &CatalogFiles) -> Result<Self, Vec<Problem>> {
        crate::load::load(files)
    }

    /// Puts definitions together. While mistakes are still looked for, some names in them may be undefined.
    pub(crate) fn assemble(parts: Parts, files: &CatalogFiles, names: &Names<'_>) -> Self {
        let dimensions = Table::sorted(parts.dimensions, |dimension: &Dimension| &dimension.id);
        let metrics = Table::sorted(parts.metrics, |metric: &Metric| &metric.id);
        let areas = Table::sorted(parts.areas, |area: &Area| &area.id);
        let hierarchy = Hierarchy::new(&areas, &parts.transitions);
        let mut expectations: HashMap<MetricId, Vec<Expectation>, RandomState> = HashMap::default();
        for expectation in parts.expectations {
            expectations
                .entry(expectation.metric.clone())
                .or_default()
                .push(expectation);
        }
        Self {
            head: parts.head,
            files: files.clone(),
            hash: files.hash(),
            calendars: Table::sorted(parts.calendars, |calendar| &calendar.id),
            levels: Table::new(parts.levels, |level| &level.id),
            units: Table::sorted(parts.units, |unit| &unit.id),
            indicators: Table::sorted(parts.indicators, |indicator| &indicator.id),
            reporters: Table::sorted(parts.reporters, |reporter| &reporter.id),
            reports: Table::sorted(parts.reports, |report| &report.id),
            listed_below: ListedBelow::new(&parts.groupings, &hierarchy, &areas),
            groupings: Table::sorted(parts.groupings, |grouping| &grouping.dimension.id),
            hierarchy,
            rules: Table::sorted(parts.rules, |rule| &rule.id),
            event_rules: metrics
                .items()
                .iter()
                .map(|metric| EventRules::new(metric, &dimensions))
                .collect(),
            transitions: parts.transitions,
            expectations,
            origins: names.origins(),
            dimensions,
            metrics,
            areas,
        }
    }

    /// The catalogue's own id, such as `ca-mau`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.head.id
    }

    /// What the catalogue is called.
    #[must_use]
    pub const fn label(&self) -> &crate::Label {
        &self.head.label
    }

    /// The body that answers for the catalogue.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.head.owner
    }

    /// The zone whose civil days and months are meant; instants are bucketed here.
    #[must_use]
    pub const fn time_zone(&self) -> &TimeZone {
        &self.head.time_zone
    }

    /// The name of the zone, such as `Asia/Ho_Chi_Minh`.
    #[must_use]
    pub fn time_zone_name(&self) -> &str {
        &self.head.time_zone_name
    }

    /// The hash of the files: the catalogue's version.
    #[must_use]
    pub const fn hash(&self) -> ContentHash {
        self.hash
    }

    /// The texts it was loaded from.
    #[must_use]
    pub const fn files(&self) -> &CatalogFiles {
        &self.files
    }

    /// Where something is defined.
    pub(crate) fn origin(&self, subject: Subject, id: &str) -> Origin {
        let known = self.origins.get(&(subject, id.to_owned())).cloned();
        known.unwrap_or_else(|| self.head.origin.clone())
    }
}
