//! Page tokens: opaque to clients, bound to the question they continue and to the revision it is read at.

use almanac_model::Revision;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use prost::Message;
use sha2::{Digest, Sha256};

const VERSION: u8 = 1;
const QUESTION_BYTES: usize = 16;
/// version, question, revision, offset
const TOKEN_BYTES: usize = 1 + QUESTION_BYTES + 8 + 8;

/// Where the next page begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PageToken {
    question: [u8; QUESTION_BYTES],
    /// The revision that all pages are read at.
    pub revision: Revision,
    /// How many results the pages before had.
    pub offset: u64,
}

/// Why a text does not continue a question.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PageTokenError {
    /// Not a token of this service, or of a version that it no longer knows.
    #[error("is not a page token of this service; give the next_page_token of the page before, or none")]
    Malformed,
    /// A token of another question.
    #[error("belongs to another request; repeat the request of the page before with nothing else changed")]
    OtherQuestion,
}

impl PageToken {
    /// A token for the rest of a question's answer. The question is the request without its page fields.
    pub fn new(question: &impl Message, revision: Revision, offset: u64) -> Self {
        Self {
            question: digest(question),
            revision,
            offset,
        }
    }

    /// The token as text.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(TOKEN_BYTES);
        bytes.push(VERSION);
        bytes.extend(self.question);
        bytes.extend(self.revision.0.to_be_bytes());
        bytes.extend(self.offset.to_be_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The token of a text, if it continues this question.
    pub fn decode(text: &str, question: &impl Message) -> Result<Self, PageTokenError> {
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| PageTokenError::Malformed)?;
        let token = Self::from_bytes(&bytes).ok_or(PageTokenError::Malformed)?;
        if token.question == digest(question) {
            Ok(token)
        } else {
            Err(PageTokenError::OtherQuestion)
        }
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&version, rest) = bytes.split_first()?;
        let (question, rest) = rest.split_first_chunk()?;
        let (revision, offset) = rest.split_first_chunk()?;
        let offset = u64::from_be_bytes(offset.try_into().ok()?);
        let revision = Revision(u64::from_be_bytes(*revision));
        (version == VERSION).then_some(Self {
            question: *question,
            revision,
            offset,
        })
    }
}

fn digest(question: &impl Message) -> [u8; QUESTION_BYTES] {
    let hash = Sha256::digest(question.encode_to_vec());
    std::array::from_fn(|index| hash[index])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pb::query::ListMetricsRequest;

    #[test]
    fn a_token_continues_only_its_own_question() {
        let question = ListMetricsRequest::default();
        let token = PageToken::new(&question, Revision(7), 100);
        assert_eq!(PageToken::decode(&token.encode(), &question), Ok(token));
        let other = ListMetricsRequest {
            page_size: 1,
            ..question
        };
        assert_eq!(
            PageToken::decode(&token.encode(), &other),
            Err(PageTokenError::OtherQuestion)
        );
        for text in ["", "x", "!", &token.encode()[1..], &format!("{}AA", token.encode())] {
            assert_eq!(
                PageToken::decode(text, &other),
                Err(PageTokenError::Malformed),
                "{text}"
            );
        }
    }
}
