//! Events of a log, as tests draw them.

use almanac_model::{
    AreaId, Batch, BatchBuilder, BatchExtra, BatchSeries, Granularity, MetricId, ReporterId, Revision, Status,
};

/// One recorded event: which series, which period, what, in which batch.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) revision: Revision,
    /// Its place among the metrics of the test.
    pub(crate) metric: usize,
    /// Its place among the series of the test.
    pub(crate) series: usize,
    /// Of months, as an ordinal.
    pub(crate) period: i32,
    pub(crate) value: i64,
    pub(crate) status: Status,
    pub(crate) is_retraction: bool,
}

/// The batch of some events; of each series its area and reporter.
pub(crate) fn batch(events: &[Recorded], metrics: &[&str], series: &[(&str, &str)]) -> Batch {
    let mut builder = BatchBuilder::default();
    for event in events {
        let (area, reporter) = series[event.series];
        let series = BatchSeries {
            metric: MetricId::new(metrics[event.metric]).unwrap(),
            area: AreaId::new(area).unwrap(),
            reporter: ReporterId::new(reporter).unwrap(),
            dimensions: [].into(),
            granularity: Granularity::Month,
            decimals: 0,
        };
        let push = if event.is_retraction {
            BatchBuilder::push_retraction
        } else {
            BatchBuilder::push
        };
        let extra = BatchExtra::default();
        push(&mut builder, series, event.period, event.value, event.status, extra);
    }
    builder.finish()
}
