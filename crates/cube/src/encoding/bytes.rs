//! Numbers and texts as bytes. Numbers are LEB128, seven bits a byte from the lowest on; signed ones are zigzagged first, so
//! that small ones are short whatever their sign.

use super::DecodeError;

pub(crate) fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(low_bits(u128::from(number)) | 0x80);
        number >>= 7;
    }
    bytes.push(low_bits(u128::from(number)));
}

pub(crate) fn put_signed(bytes: &mut Vec<u8>, number: i64) {
    put_number(bytes, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

pub(crate) fn put_wide(bytes: &mut Vec<u8>, number: i128) {
    let mut zigzag = ((number << 1) ^ (number >> 127)).cast_unsigned();
    while zigzag >= 0x80 {
        bytes.push(low_bits(zigzag) | 0x80);
        zigzag >>= 7;
    }
    bytes.push(low_bits(zigzag));
}

pub(crate) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_number(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

fn low_bits(number: u128) -> u8 {
    number.to_le_bytes()[0] & 0x7f
}

/// What is left of a piece.
pub(crate) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> Result<u8, DecodeError> {
        let (byte, rest) = self.0.split_first().ok_or(DecodeError::CutOff)?;
        self.0 = rest;
        Ok(*byte)
    }

    pub(crate) fn number(&mut self) -> Result<u64, DecodeError> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(DecodeError::Number)
    }

    /// A number that fits a narrower type.
    pub(crate) fn narrow<T: TryFrom<u64>>(&mut self) -> Result<T, DecodeError> {
        T::try_from(self.number()?).map_err(|_| DecodeError::Number)
    }

    pub(crate) fn signed(&mut self) -> Result<i64, DecodeError> {
        let zigzag = self.number()?;
        Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    /// A signed number that fits a narrower type.
    pub(crate) fn narrow_signed<T: TryFrom<i64>>(&mut self) -> Result<T, DecodeError> {
        T::try_from(self.signed()?).map_err(|_| DecodeError::Number)
    }

    pub(crate) fn wide(&mut self) -> Result<i128, DecodeError> {
        let mut zigzag = 0_u128;
        for shift in (0..u128::BITS).step_by(7) {
            let byte = self.byte()?;
            zigzag |= u128::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed());
            }
        }
        Err(DecodeError::Number)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, DecodeError> {
        let length = self.narrow()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| DecodeError::Text)
    }

    /// The next bytes.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or(DecodeError::CutOff)?;
        self.0 = rest;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_survive_their_bytes() {
        let mut bytes = Vec::new();
        let numbers = [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX];
        let signed = [0, -1, 1, -64, 64, i64::MIN, i64::MAX];
        let wide = [0, -1, i128::from(i64::MIN) - 1, i128::MIN, i128::MAX];
        for number in numbers {
            put_number(&mut bytes, number);
        }
        for number in signed {
            put_signed(&mut bytes, number);
        }
        for number in wide {
            put_wide(&mut bytes, number);
        }
        put_text(&mut bytes, "Đất Mũi");
        let mut reader = Reader(&bytes);
        assert_eq!(numbers.map(|_| reader.number().unwrap()), numbers);
        assert_eq!(signed.map(|_| reader.signed().unwrap()), signed);
        assert_eq!(wide.map(|_| reader.wide().unwrap()), wide);
        assert_eq!(reader.text(), Ok("Đất Mũi"));
        assert!(reader.is_empty());
        assert_eq!(reader.byte(), Err(DecodeError::CutOff));
    }

    #[test]
    fn a_number_that_does_not_end_is_none() {
        assert_eq!(Reader(&[0x80; 30]).number(), Err(DecodeError::Number));
        assert_eq!(Reader(&[0x80; 30]).wide(), Err(DecodeError::Number));
        assert_eq!(Reader(&[0xff, 0x7f]).narrow::<u8>(), Err(DecodeError::Number));
        assert_eq!(Reader(&[0x80]).number(), Err(DecodeError::CutOff));
    }
}
