//! "Did you mean": the valid names nearest to a wrong one.

use std::fmt::Write as _;

/// More would not be read.
const MOST: usize = 3;
/// Names less alike than this are not what was meant.
const ALIKE: f64 = 0.84;

/// A name that can be suggested, with the texts by which people look for it.
pub(crate) struct Candidate<'a> {
    pub(crate) id: &'a str,
    pub(crate) also: Vec<&'a str>,
}

impl<'a> From<&'a str> for Candidate<'a> {
    fn from(id: &'a str) -> Self {
        Self { id, also: Vec::new() }
    }
}

/// Names may have diacritics, which take several bytes.
const MAX_WRONG_BYTES: usize = 256;

/// Up to three candidates, the nearest first.
pub(crate) fn nearest<'a, C: Into<Candidate<'a>>>(wrong: &str, candidates: impl IntoIterator<Item = C>) -> Vec<String> {
    // no name is near to a text that is longer than any name, and looking would take long
    if wrong.len() > MAX_WRONG_BYTES {
        return Vec::new();
    }
    let wrong = fold(wrong);
    if wrong.is_empty() {
        return Vec::new();
    }
    let mut scored: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|candidate| {
            let Candidate { id, also } = candidate.into();
            let best = std::iter::once(id)
                .chain(also)
                .map(|text| likeness(&wrong, &fold(text)))
                .fold(0.0, f64::max);
            (best, id)
        })
        .filter(|&(score, _)| score >= ALIKE)
        .collect();
    scored.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| left.1.cmp(right.1)));
    scored.into_iter().take(MOST).map(|(_, id)| id.to_owned()).collect()
}

/// From 0 (nothing in common) to 1 (the same). A name inside the other counts as near: `subscriptions` is most of
/// `telephone.subscriptions`.
fn likeness(wrong: &str, candidate: &str) -> f64 {
    if wrong == candidate {
        return 1.0;
    }
    let contained = wrong.len() >= 3
        && candidate.len() >= 3
        && (candidate.contains(wrong) || candidate.split(' ').count() == 1 && wrong.contains(candidate));
    let similar = strsim::jaro_winkler(wrong, candidate);
    if contained { similar.max(0.9) } else { similar }
}

/// The text in lower case without diacritics, as people type Vietnamese names in a hurry.
pub(crate) fn fold(text: &str) -> String {
    text.trim()
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .map(|c| match c {
            'à' | 'á' | 'ả' | 'ã' | 'ạ' | 'ă' | 'ằ' | 'ắ' | 'ẳ' | 'ẵ' | 'ặ' | 'â' | 'ầ' | 'ấ' | 'ẩ' | 'ẫ' | 'ậ' => {
                'a'
            }
            'è' | 'é' | 'ẻ' | 'ẽ' | 'ẹ' | 'ê' | 'ề' | 'ế' | 'ể' | 'ễ' | 'ệ' => 'e',
            'ì' | 'í' | 'ỉ' | 'ĩ' | 'ị' => 'i',
            'ò' | 'ó' | 'ỏ' | 'õ' | 'ọ' | 'ô' | 'ồ' | 'ố' | 'ổ' | 'ỗ' | 'ộ' | 'ơ' | 'ờ' | 'ớ' | 'ở' | 'ỡ' | 'ợ' => {
                'o'
            }
            'ù' | 'ú' | 'ủ' | 'ũ' | 'ụ' | 'ư' | 'ừ' | 'ứ' | 'ử' | 'ữ' | 'ự' => 'u',
            'ỳ' | 'ý' | 'ỷ' | 'ỹ' | 'ỵ' => 'y',
            'đ' => 'd',
            other => other,
        })
        .collect()
}

/// `did you mean "a", "b" or "c"?`, or, with nothing near, what there is.
pub(crate) fn remedy(nearest: &[String], otherwise: impl Into<String>) -> String {
    if nearest.is_empty() {
        otherwise.into()
    } else {
        format!("did you mean {}?", alternatives(nearest.iter().map(String::as_str)))
    }
}

/// `"a", "b" or "c"`.
pub(crate) fn alternatives<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        let separator = match index {
            0 => "",
            _ if index + 1 == names.len() => " or ",
            _ => ", ",
        };
        let _ = write!(text, "{separator}\"{name}\"");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_without_diacritics_and_in_part() {
        assert_eq!(fold("Đất Mũi "), "dat mui");
        let names = ["telephone.subscriptions", "telephone.density", "post.items"];
        assert_eq!(nearest("subscriptions", names), ["telephone.subscriptions"]);
        assert_eq!(nearest("post.itmes", names), ["post.items"]);
        assert_eq!(nearest("xyz", names), Vec::<String>::new());
        assert_eq!(nearest("", names), Vec::<String>::new());
    }

    #[test]
    fn alternatives_read_as_a_sentence() {
        assert_eq!(alternatives(["a", "b", "c"]), r#""a", "b" or "c""#);
        assert_eq!(remedy(&[], "define it"), "define it");
    }
}
