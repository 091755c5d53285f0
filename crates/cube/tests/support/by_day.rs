//! A catalogue of daily values of one area, and events of it.

use almanac_catalog::Catalog;
use almanac_model::{
    AreaId, BatchBuilder, BatchExtra, BatchSeries, Granularity, MetricId, Qualifier, Quality, ReporterId, Status,
};
use almanac_testkit::generate::load;

/// The metrics of the tests: one of each method, by day.
pub(crate) fn catalog() -> Catalog {
    let texts =
        "label = { vi = \"x\", en = \"x\" }\ndefinition = { vi = \"x\", en = \"x\" }\nsource = \"x\"\nowner = \"x\"";
    let metric = |method: &str| {
        format!(
            "[[metric]]\nid = \"{method}\"\n{texts}\nkind = \"flow\"\nmethod = \"{method}\"\nunit = \"item\"\n\
             frequency = \"day\"\nlevels = [{{ level = \"province\" }}]\n"
        )
    };
    let head = "[catalog]\nid = \"test\"\ntime_zone = \"Asia/Ho_Chi_Minh\"\nlabel = { vi = \"x\", en = \"x\" }\nowner = \"x\"\n\
                [[level]]\nid = \"province\"\nlabel = { vi = \"x\", en = \"x\" }\n\
                [[unit]]\nid = \"item\"\nlabel = { vi = \"x\", en = \"x\" }\n";
    let areas = "area,code,name_vi,level,parent,valid_from,valid_to\n1,1,a,province,,2000-01-01,\n";
    let files = [
        ("areas.csv", areas.to_owned()),
        ("catalog.toml", [head, &metric("report"), &metric("tally")].concat()),
    ];
    load(&files.into_iter().collect())
}

/// Adds an event of a day.
pub(crate) fn add(batch: &mut BatchBuilder, metric: &str, day: i32, value: i64, confidential: bool) {
    let series = BatchSeries {
        metric: MetricId::new(metric).unwrap(),
        area: AreaId::new("1").unwrap(),
        reporter: ReporterId::new("r").unwrap(),
        dimensions: [].into(),
        granularity: Granularity::Day,
        decimals: 0,
    };
    let status = Status {
        quality: Quality::Official,
        qualifier: Qualifier::Exact,
        missing: None,
        confidential,
    };
    batch.push(series, day, value, status, BatchExtra::default());
}
