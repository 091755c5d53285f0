//! Choices drawn from rows of bytes.

/// The bytes from which one definition, event or question is drawn.
pub type Gene = [u8; 40];

/// Reads the choices of a gene one after the other; after its end every choice is the plainest.
#[derive(Clone, Debug)]
pub struct Choices<'a> {
    bytes: std::slice::Iter<'a, u8>,
    scattered: u64,
}

impl<'a> Choices<'a> {
    /// The choices of a gene.
    #[must_use]
    pub fn of(gene: &'a Gene) -> Self {
        Self {
            bytes: gene.iter(),
            scattered: 0,
        }
    }

    fn byte(&mut self) -> u8 {
        self.bytes.next().copied().unwrap_or(0)
    }

    /// A number below `count`, or 0 when there is nothing to choose from.
    pub fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()).checked_rem(count).unwrap_or(0)
    }

    /// One of some things, of which the first is the plainest.
    pub fn one<'t, T>(&mut self, things: &'t [T]) -> Option<&'t T> {
        things.get(self.below(things.len()))
    }

    /// One of some values, of which the first is the plainest. A value that stands there twice is twice as likely.
    pub fn of_values<T: Copy, const COUNT: usize>(&mut self, values: [T; COUNT]) -> T {
        const { assert!(COUNT > 0, "there is something to choose from") };
        values[self.below(COUNT)]
    }

    /// Yes, once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) + 1 == times && times > 1
    }

    /// A number below 1000 that is as good as random, of which a gene has as many as are wanted; 0 as long as its bytes
    /// are.
    pub fn scattered(&mut self) -> usize {
        // the multiplier of Knuth's MMIX generator; its upper bits are the good ones
        self.scattered = self.scattered.wrapping_mul(6_364_136_223_846_793_005);
        self.scattered ^= u64::from(self.byte());
        (self.scattered >> 33) as usize % 1000
    }
}
