//! How large a status is on the wire, and cutting texts to a size.

use http::HeaderMap;
use tonic::Status;

/// The size HTTP/2 counts for a header beside its name and value (RFC 9113, section 6.5.2).
const HEADER_OVERHEAD: usize = 32;

/// The size of a status in HTTP/2 headers, as the receiver counts it against its limit.
#[must_use]
pub fn header_bytes(status: &Status) -> usize {
    let mut headers = HeaderMap::new();
    if status.add_header(&mut headers).is_err() {
        // tonic writes only percent-encoding and base64, which are always valid.
        return usize::MAX;
    }
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + HEADER_OVERHEAD)
        .sum()
}

/// What a byte of the text costs in the `grpc-message` header, which is percent-encoded.
pub(super) fn header_cost(byte: u8) -> usize {
    if byte.is_ascii_graphic() && !b"\"#%<>`?{}".contains(&byte) {
        1
    } else {
        3
    }
}

/// Cuts the end of a text so that the cost of its bytes stays within the budget, between characters.
pub(super) fn cut(mut text: String, budget: usize, cost: fn(u8) -> usize) -> String {
    const MARK: &str = "...";
    let (mut spent, mut end_with_mark) = (0, 0);
    for (at, char) in text.char_indices() {
        if spent + MARK.len() <= budget {
            end_with_mark = at;
        }
        let mut bytes = [0; 4];
        spent += char.encode_utf8(&mut bytes).bytes().map(cost).sum::<usize>();
        if spent > budget {
            text.truncate(end_with_mark);
            return text + MARK;
        }
    }
    text
}
