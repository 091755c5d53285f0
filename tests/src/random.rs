//! Chance that a seed repeats.

use std::fmt::Write as _;

/// The generator `SplitMix64`.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 when there is none.
    pub fn below(&mut self, limit: usize) -> usize {
        let wide = u128::from(self.number()) * limit as u128;
        usize::try_from(wide >> 64).unwrap_or_default()
    }

    /// An id for a request.
    pub fn request_id(&mut self) -> String {
        let (left, right) = (self.number(), self.number());
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            left >> 32,
            (left >> 16) & 0xffff,
            left & 0xffff,
            right >> 48,
            right & 0xffff_ffff_ffff
        )
    }

    /// Text that does not compress.
    pub fn text(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length + 16);
        while text.len() < length {
            write!(text, "{:016x}", self.number()).expect("a text takes any text");
        }
        text.truncate(length);
        text
    }
}
