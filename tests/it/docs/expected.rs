//! Whether an answer is what a page says of it.

use serde_json::Value;

/// What stands for any text, and for the rest of a list.
const ANYTHING: &str = "...";

/// The first difference: where it is, and what it is. Fields that the page does not show may be anything.
pub(super) fn difference(shown: &Value, answered: &Value) -> Option<String> {
    differs(shown, answered, "answer")
}

fn differs(shown: &Value, answered: &Value, at: &str) -> Option<String> {
    match (shown, answered) {
        (Value::String(text), _) if text == ANYTHING => None,
        (Value::Object(shown), Value::Object(answered)) => shown.iter().find_map(|(key, value)| {
            let at = format!("{at}.{key}");
            match answered.get(key) {
                Some(answered) => differs(value, answered, &at),
                None => Some(format!("{at} is {value} on the page, and not in the answer")),
            }
        }),
        (Value::Array(shown), Value::Array(answered)) => {
            let open = shown.last().is_some_and(|last| last == ANYTHING);
            let shown = &shown[..shown.len() - usize::from(open)];
            if shown.len() > answered.len() || (!open && shown.len() < answered.len()) {
                return Some(format!(
                    "{at} has {} entries on the page, {} in the answer",
                    shown.len(),
                    answered.len()
                ));
            }
            let mut each = (0..).zip(shown.iter().zip(answered));
            each.find_map(|(index, (shown, answered))| differs(shown, answered, &format!("{at}[{index}]")))
        }
        _ => (shown != answered).then(|| format!("{at} is {shown} on the page, {answered} in the answer")),
    }
}
