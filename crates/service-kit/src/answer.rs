//! An answer of one message.

use prost::Message;
use tonic::Response;

use crate::limits::COMPRESSED_ANSWER_BYTES;

/// The answer to a unary call. A short one is not compressed, whatever the client accepts.
pub fn respond<T: Message>(message: T) -> Response<T> {
    let is_short = message.encoded_len() < COMPRESSED_ANSWER_BYTES;
    let mut response = Response::new(message);
    if is_short {
        response.disable_compression();
    }
    response
}

#[cfg(test)]
mod tests {
    use tonic::codec::SingleMessageCompressionOverride;

    use super::*;

    #[test]
    fn only_a_long_answer_may_be_compressed() {
        let is_left_alone = |characters: usize| {
            let response = respond("x".repeat(characters));
            response
                .extensions()
                .get::<SingleMessageCompressionOverride>()
                .is_none()
        };
        assert!(!is_left_alone(0));
        assert!(!is_left_alone(COMPRESSED_ANSWER_BYTES / 2));
        assert!(is_left_alone(COMPRESSED_ANSWER_BYTES));
    }
}
