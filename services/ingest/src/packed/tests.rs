//! The short way and the long one, over batches with every kind of mistake.

use std::collections::HashSet;
use std::sync::OnceLock;

use almanac_catalog::{Catalog, CatalogFiles};
use almanac_model::{Batch, BatchExtra, BatchSeries, Granularity, Period, ReporterId};
use jiff::civil::{Date, date};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::is_as_recorded;
use crate::columns;
use crate::draft::Draft;
use crate::sorting::batch as recorded;

pub(crate) const TODAY: Date = date(2025, 8, 15);
/// From this day on items are counted by commune, and the district "old" is gone.
const REFORM: Date = date(2025, 7, 1);
/// On this day the district "moved" went to another province.
pub(crate) const MOVED: Date = date(2025, 3, 1);

const HEAD: &str = r#"[catalog]
id = "test"
time_zone = "Asia/Ho_Chi_Minh"
label = { vi = "Thử", en = "Test" }
owner = "Office"
[[level]]
id = "province"
label = { vi = "Tỉnh", en = "Province" }
[[level]]
id = "district"
label = { vi = "Huyện", en = "District" }
[[level]]
id = "commune"
label = { vi = "Xã", en = "Commune" }
[[unit]]
id = "item"
label = { vi = "bưu gửi", en = "item" }
[[dimension]]
id = "direction"
label = { vi = "Chiều", en = "Direction" }
definition = { vi = "Đi hay đến.", en = "Sent or received." }
source = "Circular"
owner = "Office"
codes = [
  { code = "sent", label = { vi = "Đi", en = "Sent" } },
  { code = "received", label = { vi = "Đến", en = "Received" } },
]
[[reporter]]
id = "office"
label = { vi = "Bưu điện", en = "Office" }
metrics = ["items", "totals", "permits"]
areas = ["P1"]
[[reporter]]
id = "other"
label = { vi = "Khác", en = "Other" }
metrics = ["items"]
areas = ["P2"]
"#;

const AREAS: &str = "area,code,name_vi,level,parent,valid_from,valid_to
P1,1,Một,province,,2000-01-01,
P2,2,Hai,province,,2000-01-01,
old,11,Cũ,district,P1,2000-01-01,2025-07-01
moved,12,Chuyển,district,P1,2000-01-01,2025-03-01
moved,12,Chuyển,district,P2,2025-03-01,
far,21,Xa,district,P2,2000-01-01,
new,13,Mới,commune,P1,2000-01-01,
";

fn metric(id: &str, rest: &str) -> String {
    format!(
        r#"[[metric]]
id = "{id}"
label = {{ vi = "{id}", en = "{id}" }}
definition = {{ vi = "Số.", en = "A number." }}
source = "Circular"
owner = "Office"
unit = "item"
frequency = "month"
{rest}
"#
    )
}

fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| catalog_with(100))
}

/// The catalogue, with so many items at most.
pub(crate) fn catalog_with(max: u32) -> Catalog {
    let both = r#"levels = [ { level = "district", to = "2025-07-01" }, { level = "commune", from = "2025-07-01" } ]"#;
    let items = format!(
        "kind = \"flow\"\nmethod = \"report\"\ndimensions = [\"direction\"]\nmin = \"-5\"\nmax = \"{max}\"\ndecimals = 1\n{both}"
    );
    let totals = format!("kind = \"flow\"\nmethod = \"report\"\ncumulative = \"year\"\n{both}");
    let permits = format!("kind = \"flow\"\nmethod = \"tally\"\n{both}");
    let mut files = CatalogFiles::default();
    files.insert("catalog.toml", HEAD);
    let metrics = [("items", items), ("totals", totals), ("permits", permits)];
    files.insert("metrics.toml", metrics.map(|(id, rest)| metric(id, &rest)).concat());
    files.insert("areas.csv", AREAS);
    Catalog::load(&files).unwrap_or_else(|problems| panic!("{problems:?}"))
}

pub(crate) fn office() -> ReporterId {
    "office".parse().expect("an id")
}

fn series(metric: &str, area: &str, dimensions: &[(&str, &str)]) -> BatchSeries {
    let parse = |(dimension, code): &(&str, &str)| (dimension.parse().expect("an id"), code.parse().expect("a code"));
    BatchSeries {
        metric: metric.parse().expect("an id"),
        area: area.parse().expect("an id"),
        reporter: office(),
        dimensions: dimensions.iter().map(parse).collect(),
        granularity: Granularity::Month,
        decimals: u8::from(metric == "items"),
    }
}

const SENT: &[(&str, &str)] = &[("direction", "sent")];

/// Series that the log has, and such as it has not.
fn any_series() -> impl Strategy<Value = BatchSeries> {
    let good = select(vec![
        series("items", "old", SENT),
        series("items", "old", &[("direction", "received")]),
        series("items", "moved", SENT),
        series("items", "new", SENT),
        series("totals", "old", &[]),
    ]);
    let bad = select(vec![
        series("items", "far", SENT),
        series("items", "P1", SENT),
        series("items", "nowhere", SENT),
        series("items", "old", &[]),
        series("items", "old", &[("direction", "lost")]),
        series("items", "old", &[("direction", "sent"), ("direction", "sent")]),
        series("letters", "old", SENT),
        series("permits", "old", &[]),
        BatchSeries {
            reporter: "other".parse().expect("an id"),
            ..series("items", "old", SENT)
        },
        BatchSeries {
            granularity: Granularity::Day,
            ..series("items", "old", SENT)
        },
        BatchSeries {
            decimals: 0,
            ..series("items", "old", SENT)
        },
        BatchSeries {
            decimals: 2,
            ..series("items", "old", SENT)
        },
    ]);
    prop_oneof![12 => good, 1 => bad]
}

fn month(day: Date) -> i32 {
    Period::containing(Granularity::Month, day).ordinal()
}

/// Months around those in which something changes, and one that is none.
fn any_period() -> impl Strategy<Value = i32> {
    prop_oneof![
        30 => month(date(2024, 9, 1))..month(MOVED),
        10 => month(MOVED)..month(REFORM),
        4 => month(REFORM)..=month(TODAY) + 1,
        1 => select(vec![i32::MIN, -300_000, 300_000, i32::MAX]),
    ]
}

/// In tenths: from -5 to 100, rarely beyond, and rarely none.
fn any_number() -> impl Strategy<Value = (i64, u32)> {
    let value = prop_oneof![20 => -50..=1000_i64, 1 => select(vec![-51, 1001, i64::MIN, i64::MAX])];
    let bits = prop_oneof![
        20 => select(vec![3_u32, 1, 2, 0b0111]),
        2 => Just(128 + 3),
        1 => Just(256 + 3),
    ];
    let missing = (1..=4_u32, select(vec![0, 0, 0, 7])).prop_map(|(reason, value)| (value, reason << 4 | 3));
    prop_oneof![12 => (value, bits), 1 => missing]
}

fn any_batch() -> impl Strategy<Value = Batch> {
    let table = vec(any_series(), 1..4);
    let row = (any::<prop::sample::Index>(), any_period(), any_number());
    let extras = prop_oneof![9 => Just(false), 1 => Just(true)];
    (table, vec(row, 1..8), extras).prop_map(|(table, rows, has_extra)| {
        let index = rows.iter().map(|(place, ..)| place.index(table.len()));
        let index: Vec<u32> = index.map(|place| u32::try_from(place).expect("a few")).collect();
        let period = rows.iter().map(|(_, period, _)| *period).collect();
        let (value, bits) = rows.iter().map(|(.., number)| *number).unzip();
        let note = BatchExtra {
            note: Some("a note".to_owned()),
            ..BatchExtra::default()
        };
        let extras = has_extra.then_some(note).into_iter().collect();
        Batch::new(table, index, period, value, bits, extras).expect("columns that fit together")
    })
}

/// What the long way records of a batch, if it records it.
fn long_way(batch: &Batch) -> Option<Batch> {
    let events = columns::events(batch, &office(), catalog().time_zone());
    let draft = Draft::check_each("rows", events.into_iter(), &office(), catalog(), TODAY);
    draft.rejected.is_empty().then(|| recorded(draft.rows))
}

/// Rows with what they say, and the series that are there beside them.
fn says(batch: &Batch) -> (Vec<String>, HashSet<&BatchSeries>, usize) {
    let rows = batch
        .rows()
        .map(|row| format!("{:?} {} {} {:?}", row.series, row.period, row.value, row.status));
    (rows.collect(), batch.series().iter().collect(), batch.series().len())
}

/// Whether the district that moved has rows from before and after.
fn spans_the_move(batch: &Batch) -> bool {
    let of_moved = batch.rows().filter(|row| row.series.area.as_str() == "moved");
    let sides: HashSet<bool> = of_moved.map(|row| row.period < month(MOVED)).collect();
    sides.len() > 1
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// The short way takes exactly the batches of which the long one records the same rows in the same series, but for those
    /// over a change of the catalogue and those with extras.
    #[test]
    fn the_short_way_records_what_the_long_one_records(batch in any_batch()) {
        let long = long_way(&batch);
        let is_same = long.is_some_and(|long| says(&long) == says(&batch));
        let is_left_to_the_long_way = spans_the_move(&batch) || !batch.extras().is_empty();
        prop_assert_eq!(is_as_recorded(&batch, &office(), catalog(), TODAY), is_same && !is_left_to_the_long_way);
    }
}

#[test]
fn a_batch_without_mistakes_goes_the_short_way_in_any_order_of_its_rows() {
    let table = vec![series("items", "old", SENT), series("totals", "old", &[])];
    let months = [1, 2, 3, 4].map(|place| month(date(2025, place, 1)));
    let orders = [
        ([0, 0, 1, 1], [0, 1, 0, 1]),
        ([0, 1, 0, 1], [0, 0, 1, 1]),
        ([1, 0, 1, 0], [3, 2, 1, 0]),
    ];
    for (index, period) in orders {
        let period = period.map(|place: usize| months[place]).to_vec();
        let batch = Batch::new(
            table.clone(),
            index.to_vec(),
            period,
            vec![7; 4],
            vec![3; 4],
            Vec::new(),
        );
        let batch = batch.expect("columns that fit together");
        assert!(is_as_recorded(&batch, &office(), catalog(), TODAY), "{batch:?}");
    }
}
