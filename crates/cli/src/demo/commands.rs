//! Ready-made grpcurl lines for the ports of this run.

use almanac_ca_mau::{ANNUAL_REVIEW, PROVINCE};

use super::fill::Filled;
use super::{RELEASE, YEAR};
use crate::pair::Pair;
use crate::review::Language;

const INGEST: &str = "almanac.ingest.v1.IngestService";
const QUERY: &str = "almanac.query.v1.QueryService";

/// One thing to try.
struct Attempt {
    vi: &'static str,
    en: &'static str,
    line: String,
}

/// What can be tried while the services are up.
pub(super) fn lines(pair: &Pair, filled: &Filled, language: Language) -> String {
    let heading = language.choose(
        "Hai dịch vụ vẫn chạy; Ctrl-C dừng cả hai và xóa thư mục tạm. Thử ở cửa sổ khác:",
        "Both services stay up; Ctrl-C stops them and removes their folder. Try in another terminal:",
    );
    let attempts = looking_around(pair)
        .into_iter()
        .chain(recording(pair, filled))
        .chain(looking_back(pair));
    let told = attempts.map(|Attempt { vi, en, line }| format!("\n# {}\n{line}\n", language.choose(vi, en)));
    format!("\n{heading}\n{}", told.collect::<String>())
}

fn looking_around(pair: &Pair) -> [Attempt; 3] {
    let query = pair.query_address();
    [
        Attempt {
            vi: "Có những gì",
            en: "What there is",
            line: format!("grpcurl -plaintext {query} list"),
        },
        Attempt {
            vi: "Một câu hỏi gồm những gì",
            en: "What a question consists of",
            line: format!("grpcurl -plaintext {query} describe almanac.query.v1.QueryIndicatorsRequest"),
        },
        Attempt {
            vi: "Mật độ điện thoại: số thuê bao trên 100 dân",
            en: "The telephone density: subscriptions per 100 inhabitants",
            line: call(
                query,
                QUERY,
                "QueryIndicators",
                &format!(r#"{{"indicators":["telephone.density"],"areas":["{PROVINCE}"],"periods":["{YEAR}"]}}"#),
            ),
        },
    ]
}

fn recording(pair: &Pair, filled: &Filled) -> [Attempt; 3] {
    let (ingest, query) = (pair.ingest_address(), pair.query_address());
    let next = filled.released.at.revision.next();
    [
        Attempt {
            vi: "Ghi một số liệu (giả định) của năm 2018; chạy lại dòng này không ghi thêm gì",
            en: "Record a value (an invented one) for 2018; the same line again records nothing more",
            line: call(
                ingest,
                INGEST,
                "RecordEvents",
                &format!(
                    r#"{{"reporter":"ca-mau-telecom-operators","request_id":"6f3c2a52-4c1e-4d0a-9a53-1f6b0c8f7a11","events":[{}]}}"#,
                    event("telephone.subscriptions", "1420000")
                ),
            ),
        },
        Attempt {
            vi: "Đọc lại ngay số vừa ghi: min_revision là revision trong câu trả lời trên",
            en: "Read it back at once: min_revision is the revision that was answered",
            line: call(
                query,
                QUERY,
                "QueryIndicators",
                &format!(
                    r#"{{"indicators":["telephone.subscriptions"],"areas":["{PROVINCE}"],"periods":["2018"],"group_by":["service"],"read_at":{{"min_revision":{next}}}}}"#
                ),
            ),
        },
        Attempt {
            vi: "Lỗi thường gặp: một tên sai, và dấu phân cách hàng nghìn",
            en: "Typical mistakes: a name that does not exist, and thousands separators",
            line: call(
                ingest,
                INGEST,
                "RecordEvents",
                &format!(
                    r#"{{"reporter":"ca-mau-telecom-operators","events":[{},{}]}}"#,
                    event("telephone.subscribers", "1420000"),
                    event("telephone.subscriptions", "1,420,000")
                ),
            ),
        },
    ]
}

fn event(metric: &str, value: &str) -> String {
    format!(
        r#"{{"metric":"{metric}","area":"{PROVINCE}","dimensions":{{"service":"mobile"}},"period":"2018","value":"{value}","quality":"QUALITY_PRELIMINARY"}}"#
    )
}

fn looking_back(pair: &Pair) -> [Attempt; 2] {
    let query = pair.query_address();
    [
        Attempt {
            vi: "Mật độ điện thoại được tính từ đâu",
            en: "What the telephone density was made of",
            line: call(
                query,
                QUERY,
                "ExplainFigure",
                &format!(
                    r#"{{"query":{{"indicators":["telephone.density"],"areas":["{PROVINCE}"],"periods":["{YEAR}"]}}}}"#
                ),
            ),
        },
        Attempt {
            vi: "Báo cáo như đã công bố, dù sau đó có ghi thêm gì",
            en: "The review as it was published, whatever was recorded since",
            line: call(
                query,
                QUERY,
                "GetReport",
                &format!(
                    r#"{{"report":"{ANNUAL_REVIEW}","area":"{PROVINCE}","period":"{YEAR}","read_at":{{"as_of":{{"release":"{RELEASE}"}}}}}}"#
                ),
            ),
        },
    ]
}

fn call(address: std::net::SocketAddr, service: &str, method: &str, request: &str) -> String {
    format!("grpcurl -plaintext -d '{request}' {address} {service}/{method}")
}
