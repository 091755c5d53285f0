//! A small catalogue without mistakes, and ways to make one in it.

use almanac_catalog::{Catalog, CatalogFiles};

const CATALOG: &str = r#"[catalog]
id = "test"
time_zone = "Asia/Ho_Chi_Minh"
label = { vi = "Thử", en = "Test" }
owner = "Statistics office"

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

[[unit]]
id = "inhabitant"
label = { vi = "người", en = "inhabitant" }

[[unit]]
id = "percent"
label = { vi = "%", en = "percent" }
"#;

const POST: &str = r#"[[dimension]]
id = "direction"
label = { vi = "Chiều", en = "Direction" }
definition = { vi = "Đi hay đến.", en = "Sent or received." }
source = "Circular 03/2022"
owner = "Statistics office"
codes = [
  { code = "sent", label = { vi = "Đi", en = "Sent" } },
  { code = "received", label = { vi = "Đến", en = "Received" } },
  { code = "_X", label = { vi = "Không rõ", en = "Not specified" } },
]

[[metric]]
id = "post.items"
label = { vi = "Bưu gửi", en = "Postal items" }
definition = { vi = "Số bưu gửi.", en = "Items handled." }
source = "Circular 03/2022"
owner = "Statistics office"
kind = "flow"
method = "report"
unit = "item"
dimensions = ["direction"]
frequency = "month"
levels = [ { level = "district", to = "2025-07-01" }, { level = "commune", from = "2025-07-01" } ]
min = "0"
max = "1000000"

[[metric]]
id = "permits.issued"
label = { vi = "Giấy phép", en = "Permits issued" }
definition = { vi = "Số giấy phép.", en = "Permits issued." }
source = "Press law"
owner = "Statistics office"
kind = "flow"
method = "tally"
unit = "item"
decimals = 1
frequency = "month"
levels = [ { level = "province" } ]

[[metric]]
id = "population.inhabitants"
label = { vi = "Dân số", en = "Inhabitants" }
definition = { vi = "Dân số cuối năm.", en = "Inhabitants at the end of the year." }
source = "Census"
owner = "Statistics office"
kind = "stock"
method = "report"
unit = "inhabitant"
frequency = "year"
levels = [ { level = "province", from = "2000-01-01" } ]
carry_forward = 2

[[indicator]]
id = "post.per_inhabitant"
label = { vi = "Bưu gửi trên dân", en = "Items per inhabitant" }
definition = { vi = "Bưu gửi trên dân.", en = "Items sent per inhabitant." }
source = "UPU"
owner = "Statistics office"
formula = "post.items{direction='sent'} / population.inhabitants"
unit = "item"
decimals = 2
denominator = { latest_on_or_before = 2 }

[[indicator]]
id = "post.sent_share"
label = { vi = "Tỷ trọng gửi đi", en = "Share sent" }
definition = { vi = "Tỷ trọng.", en = "Share of items that are sent." }
source = "UPU"
owner = "Statistics office"
formula = "post.items{direction='sent'} / post.items"
per = "100"
unit = "percent"
decimals = 1
min = "0"
max = "100"
optional = ["post.items"]

[[reporter]]
id = "post-office"
label = { vi = "Bưu điện", en = "Post office" }
metrics = ["post.items", "permits.issued"]
areas = ["96"]

[[expectation]]
reporter = "post-office"
metric = "post.items"
areas = ["96"]
from = "2017-01-01"

[[report]]
id = "annual-review"
label = { vi = "Tổng kết", en = "Annual review" }
definition = { vi = "Tổng kết năm.", en = "The review of a year." }
source = "Decision 1"
owner = "Statistics office"
granularity = "year"

[[report.section]]
label = { vi = "Bưu chính", en = "Post" }

[[report.section.line]]
id = "sent"
label = { vi = "Gửi đi", en = "Sent" }
measure = "post.items"
filter = { direction = ["sent"] }
"#;

const AREAS: &str = "\
area,code,name_vi,level,parent,valid_from,valid_to
96,96,Cà Mau,province,,1997-01-01,
95,95,Bạc Liêu,province,,1997-01-01,2025-07-01
954,954,Thành phố Bạc Liêu,district,95,2004-01-01,2025-07-01
964,964,Thành phố Cà Mau,district,96,2004-01-01,2025-07-01
973,973,Huyện Ngọc Hiển,district,96,2004-01-01,2025-07-01
31813,31813,Phường 2,commune,954,2004-01-01,2025-07-01
31999,31999,Phường 9,commune,964,2004-01-01,2025-07-01
32002,32002,Phường 4,commune,964,2004-01-01,2025-07-01
32244,32244,Xã Đất Mũi,commune,973,2004-01-01,2025-07-01
31813.2025,31813,Phường Bạc Liêu,commune,96,2025-07-01,
32002.2025,32002,Phường Tân Thành,commune,96,2025-07-01,
32244.2025,32244,Xã Đất Mũi,commune,96,2025-07-01,
";

const TRANSITIONS: &str = "\
from_area,to_area,date,extent,weight,weight_source
95,96,2025-07-01,whole,,
31813,31813.2025,2025-07-01,whole,,
31999,32002.2025,2025-07-01,whole,,
32002,32002.2025,2025-07-01,part,0.75,\"inhabitants, resolution 1252\"
32002,32244.2025,2025-07-01,part,0.25,\"inhabitants, resolution 1252\"
32244,32244.2025,2025-07-01,whole,,
31999,32002,2024-12-01,part,,
";

pub(crate) fn files() -> CatalogFiles {
    [
        ("catalog.toml", CATALOG),
        ("post.toml", POST),
        ("areas.csv", AREAS),
        ("transitions.csv", TRANSITIONS),
    ]
    .into_iter()
    .collect()
}

pub(crate) fn catalog() -> Catalog {
    load(&files())
}

pub(crate) fn load(files: &CatalogFiles) -> Catalog {
    Catalog::load(files).unwrap_or_else(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", problems.join("\n"))
    })
}

/// The files with one text in place of another, which must be there.
pub(crate) fn with(file: &str, old: &str, new: &str) -> CatalogFiles {
    let mut files = files();
    replace(&mut files, file, old, new);
    files
}

pub(crate) fn replace(files: &mut CatalogFiles, file: &str, old: &str, new: &str) {
    let text = files.get(file).unwrap();
    assert!(text.contains(old), "{old:?} is not in {file}");
    let text = text.replacen(old, new, 1);
    files.insert(file, text);
}

/// The files with text added to the end of one.
pub(crate) fn with_more(file: &str, more: &str) -> CatalogFiles {
    let mut files = files();
    let text = format!("{}{more}", files.get(file).unwrap_or_default());
    files.insert(file, text);
    files
}

/// What loading says, one problem a line.
pub(crate) fn problems(files: &CatalogFiles) -> String {
    let problems = Catalog::load(files).expect_err("the catalogue loads without a problem");
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// What loading says after each change by itself, one problem a line: the text in `file` on the left is replaced by the
/// one on the right.
pub(crate) fn told(file: &str, changes: &[(&str, &str)]) -> String {
    let told: Vec<String> = changes
        .iter()
        .map(|(old, new)| problems(&with(file, old, new)))
        .collect();
    told.join("\n")
}
