//! A tiny catalogue: the province `north` with the districts `east` and `west`, and two reporters, `post` and `rail`.

use std::collections::BTreeMap;

use almanac_catalog::{Catalog, CatalogFiles};
use almanac_cube::Cube;
use almanac_indicator::{
    Answer, Comparing, Explanation, FigureKey, OneFigure, Question, Refusal, RefusalReason, State, Window, answer,
    explain,
};
use almanac_model::{
    AreaId, Batch, BatchBuilder, BatchExtra, BatchSeries, Code, Comparison, DimensionId, Event, EventTime, Figure,
    Measure, MetricId, MissingReason, Period, Qualifier, Quality, ReporterId, Revision, Status,
};
use jiff::civil::date;

const AREAS: &str = "area,code,name_vi,level,parent,valid_from,valid_to
north,1,Bac,province,,2000-01-01,
south,2,Nam,province,,2000-01-01,
east,3,Dong,district,north,2000-01-01,
west,4,Tay,district,north,2000-01-01,
border,5,Bien,district,north,2000-01-01,2018-01-01
border,5,Bien,district,south,2018-01-01,
";

const HEAD: &str = r#"
[catalog]
id = "rules"
time_zone = "Asia/Ho_Chi_Minh"
label = { vi = "x", en = "x" }
owner = "x"
[[level]]
id = "province"
label = { vi = "x", en = "x" }
[[level]]
id = "district"
label = { vi = "x", en = "x" }
[[unit]]
id = "item"
label = { vi = "x", en = "x" }
[[unit]]
id = "percent"
label = { vi = "%", en = "percent" }
percentage = true
[[dimension]]
id = "service"
label = { vi = "x", en = "x" }
definition = { vi = "x", en = "x" }
source = "x"
owner = "x"
codes = [
  { code = "fixed", label = { vi = "x", en = "x" } },
  { code = "mobile", label = { vi = "x", en = "x" } },
]
"#;

const TEXTS: &str = r#"
label = { vi = "x", en = "x" }
definition = { vi = "x", en = "x" }
source = "x"
owner = "x"
unit = "item"
"#;

/// A catalogue and what was recorded under it.
pub(crate) struct Book {
    catalog: Catalog,
    cube: Cube,
    revision: Revision,
}

/// The keys of a metric by district, beside its id and its texts.
pub(crate) fn metric(id: &str, keys: &str) -> String {
    format!("[[metric]]\nid = \"{id}\"\n{TEXTS}\nlevels = [{{ level = \"district\" }}]\n{keys}\n")
}

/// A flow that is reported by month.
pub(crate) fn monthly_flow(id: &str) -> String {
    metric(id, "kind = \"flow\"\nmethod = \"report\"\nfrequency = \"month\"")
}

/// A stock that is reported by month; its time operator is the last value.
pub(crate) fn monthly_stock(id: &str, keys: &str) -> String {
    metric(
        id,
        &format!("kind = \"stock\"\nmethod = \"report\"\nfrequency = \"month\"\n{keys}"),
    )
}

/// From the 15th of a month to the 14th of the next.
pub(crate) fn health() -> String {
    "[[calendar]]\nid = \"health\"\nlabel = { vi = \"x\", en = \"x\" }\ndefinition = { vi = \"x\", en = \"x\" }\n\
     source = \"x\"\nowner = \"x\"\nclosing_day = 14\n"
        .to_owned()
}

/// A flow that is reported by month of the health calendar.
pub(crate) fn health_flow(id: &str) -> String {
    metric(
        id,
        "kind = \"flow\"\nmethod = \"report\"\nfrequency = \"month\"\ncalendar = \"health\"",
    )
}

pub(crate) fn indicator(id: &str, formula: &str, keys: &str) -> String {
    format!("[[indicator]]\nid = \"{id}\"\n{TEXTS}\nformula = \"{formula}\"\n{keys}\n")
}

/// The reporter `post` is expected to report a metric for the districts, from 2017 on.
pub(crate) fn expected(metric: &str, areas: &str) -> String {
    format!("[[expectation]]\nreporter = \"post\"\nmetric = \"{metric}\"\nareas = {areas}\nfrom = \"2017-01-01\"\n")
}

impl Book {
    pub(crate) fn new(definitions: &[String]) -> Self {
        Self::with_files(definitions, [])
    }

    /// A catalogue with further files.
    pub(crate) fn with_files(definitions: &[String], more: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let definitions = definitions.concat();
        let metrics: Vec<&str> = definitions
            .split("[[metric]]\nid = \"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let reporter = |id: &str| {
            format!(
                "[[reporter]]\nid = \"{id}\"\nlabel = {{ vi = \"x\", en = \"x\" }}\nmetrics = {metrics:?}\n\
                 areas = [\"north\", \"south\"]\n"
            )
        };
        let files: CatalogFiles = [
            ("areas.csv", AREAS.to_owned()),
            ("catalog.toml", HEAD.to_owned()),
            ("definitions.toml", definitions.clone()),
            ("reporters.toml", reporter("post") + &reporter("rail")),
        ]
        .into_iter()
        .chain(more)
        .collect();
        Self {
            catalog: almanac_testkit::generate::load(&files),
            cube: Cube::default(),
            revision: Revision::EMPTY,
        }
    }

    /// Records a figure of the reporter `post`.
    pub(crate) fn post(&mut self, metric: &str, area: &str, period: &str, value: &str) -> &mut Self {
        self.record("post", metric, area, period, value)
    }

    /// Records a figure of the reporter `post` for one code of `service`.
    pub(crate) fn service(&mut self, metric: &str, code: &str, area: &str, period: &str, value: &str) -> &mut Self {
        let dimensions = [("service".parse().unwrap(), code.parse().unwrap())];
        self.record_by("post", metric, (area, dimensions.into()), period, value)
    }

    /// Records a figure. A value is a number such as "5", a bound such as ">=5", a reason such as "suppressed"; "~" after
    /// it makes it preliminary, "confidential " before it a secret.
    pub(crate) fn record(&mut self, reporter: &str, metric: &str, area: &str, period: &str, value: &str) -> &mut Self {
        self.record_by(reporter, metric, (area, BTreeMap::new()), period, value)
    }

    fn record_by(
        &mut self,
        reporter: &str,
        metric: &str,
        (area, dimensions): (&str, BTreeMap<DimensionId, Code>),
        period: &str,
        value: &str,
    ) -> &mut Self {
        let (value, confidential) = match value.strip_prefix("confidential ") {
            Some(value) => (value, true),
            None => (value, false),
        };
        let (value, quality) = match value.strip_suffix('~') {
            Some(value) => (value, Quality::Preliminary),
            None => (value, Quality::Official),
        };
        let (number, qualifier) = match value.strip_prefix(">=") {
            Some(number) => (number, Qualifier::AtLeast),
            None => (value, Qualifier::Exact),
        };
        let measure = match number {
            "not collected" => Measure::Missing(MissingReason::NotCollected),
            "cannot exist" => Measure::Missing(MissingReason::CannotExist),
            "suppressed" => Measure::Missing(MissingReason::Suppressed),
            number => Measure::Value(number.parse().unwrap()),
        };
        let event = Event {
            metric: MetricId::new(metric).unwrap(),
            area: AreaId::new(area).unwrap(),
            dimensions,
            time: EventTime::Period(self.catalog.period(period).unwrap()),
            measure,
            quality,
            qualifier,
            event_id: Some("x".to_owned()),
            note: None,
            correction: None,
            confidential,
        };
        let reporter = ReporterId::new(reporter).unwrap();
        let checked = self.catalog.check_event(&reporter, &event, date(2030, 1, 1)).unwrap();
        let batch = Batch::new(
            vec![checked.series],
            vec![0],
            vec![checked.period.ordinal()],
            vec![checked.value],
            vec![checked.status.bits().into()],
            Vec::new(),
        );
        self.revision = self.revision.next();
        self.cube.apply(self.revision, &batch.unwrap(), &self.catalog).unwrap();
        self
    }

    /// Takes back a report of the reporter `post`.
    pub(crate) fn withdraw(&mut self, metric: &str, area: &str, period: &str) -> &mut Self {
        let metric = MetricId::new(metric).unwrap();
        let period: Period = period.parse().unwrap();
        let granularity = self.catalog.metric(metric.as_str()).unwrap().frequency;
        let series = BatchSeries {
            metric,
            area: AreaId::new(area).unwrap(),
            dimensions: [].into(),
            reporter: ReporterId::new("post").unwrap(),
            granularity,
            decimals: 0,
        };
        let status = Status {
            quality: Quality::Official,
            qualifier: Qualifier::Exact,
            missing: None,
            confidential: false,
        };
        let mut batch = BatchBuilder::default();
        batch.push_retraction(series, period.ordinal(), 0, status, BatchExtra::default());
        self.revision = self.revision.next();
        self.cube.apply(self.revision, &batch.finish(), &self.catalog).unwrap();
        self
    }

    /// What a question is answered from.
    pub(crate) fn state(&self) -> State<'_> {
        State {
            catalog: &self.catalog,
            cube: &self.cube,
            as_of: self.revision,
        }
    }

    pub(crate) fn question(&self, measure: &str, area: &str, period: &str, strict: bool) -> Question {
        let measure = self.catalog.measure(measure).unwrap();
        Question {
            strict,
            ..Question::one(
                measure,
                AreaId::new(area).unwrap(),
                self.catalog.period(period).unwrap(),
            )
        }
    }

    pub(crate) fn ask(&self, question: &Question) -> Result<Figure, Vec<Refusal>> {
        self.answer(question).map(|mut figures| figures.remove(0))
    }

    /// All figures of a question.
    pub(crate) fn answer(&self, question: &Question) -> Result<Vec<Figure>, Vec<Refusal>> {
        self.page(question, 0, usize::MAX).map(|answer| answer.figures)
    }

    pub(crate) fn page(&self, question: &Question, offset: usize, limit: usize) -> Result<Answer, Vec<Refusal>> {
        self.page_as_of(self.revision, question, offset, limit)
    }

    pub(crate) fn page_as_of(
        &self,
        as_of: Revision,
        question: &Question,
        offset: usize,
        limit: usize,
    ) -> Result<Answer, Vec<Refusal>> {
        let state = State {
            catalog: &self.catalog,
            cube: &self.cube,
            as_of,
        };
        answer(state, question, offset, limit)
    }

    /// The texts of the refusals of a question.
    pub(crate) fn refusals(&self, question: &Question) -> String {
        let told = |refusal: Refusal| format!("{} {}: {}", refusal.reason.as_str(), refusal.field, refusal.message);
        let refusals: Vec<String> = self.answer(question).unwrap_err().into_iter().map(told).collect();
        refusals.join("\n")
    }

    /// The last revision.
    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    pub(crate) fn figure(&self, measure: &str, area: &str, period: &str) -> Figure {
        self.ask(&self.question(measure, area, period, false)).unwrap()
    }

    /// The figure when all or nothing is asked for.
    pub(crate) fn strict(&self, measure: &str, area: &str, period: &str) -> Figure {
        self.ask(&self.question(measure, area, period, true)).unwrap()
    }

    /// A figure against that of another period.
    pub(crate) fn compared(&self, measure: &str, area: &str, period: &str, how: impl Into<Comparing>) -> Comparison {
        let question = Question {
            comparisons: vec![how.into()],
            ..self.question(measure, area, period, false)
        };
        self.ask(&question).unwrap().comparisons.pop().unwrap()
    }

    pub(crate) fn value(&self, measure: &str, area: &str, period: &str) -> Result<String, MissingReason> {
        self.figure(measure, area, period).value
    }

    pub(crate) fn refusal(&self, measure: &str, area: &str, period: &str) -> RefusalReason {
        self.ask(&self.question(measure, area, period, false)).unwrap_err()[0].reason
    }
}

impl Book {
    /// Whether the last revision is among those at which a figure may have changed.
    pub(crate) fn may_have_changed(&self, measure: &str, area: &str, period: &str) -> bool {
        let catalogs = [(Revision(0), std::sync::Arc::new(self.catalog.clone()))];
        let history = almanac_indicator::History {
            catalogs: &catalogs,
            cube: &self.cube,
            as_of: self.revision,
        };
        let question = self.question(measure, area, period, false);
        let figure = OneFigure::choose(&self.catalog, &question, &FigureKey::default()).unwrap();
        history
            .candidates(&figure, usize::MAX)
            .unwrap()
            .contains(&self.revision)
    }

    /// What a person reads of a refusal.
    pub(crate) fn refused(&self, measure: &str, area: &str, period: &str) -> String {
        let refusals = self.ask(&self.question(measure, area, period, false)).unwrap_err();
        refusals
            .into_iter()
            .map(|refusal| refusal.message)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// The explanation of a figure with all its events.
pub(crate) fn explained(state: State<'_>, measure: &str, area: &str, period: &str) -> Explanation {
    let measure = state.catalog.measure(measure).unwrap();
    let question = Question::one(
        measure,
        AreaId::new(area).unwrap(),
        state.catalog.period(period).unwrap(),
    );
    let one = OneFigure::choose(state.catalog, &question, &FigureKey::default()).unwrap();
    let all = Window { skip: 0, take: 100 };
    explain(state, &one, all).unwrap().unwrap()
}

/// A value as figures print it.
#[expect(clippy::unnecessary_wraps, reason = "it is compared with values that may be missing")]
pub(crate) fn number(text: &str) -> Result<String, MissingReason> {
    Ok(text.to_owned())
}
