//! The keys of the fields, each in one byte: the number and how its value is encoded.

const LENGTH: u8 = 2;

pub(super) mod figure {
    use super::LENGTH;

    pub(in super::super) const INDICATOR: u8 = 1 << 3 | LENGTH;
    pub(in super::super) const AREA: u8 = 2 << 3 | LENGTH;
    pub(in super::super) const PERIOD: u8 = 3 << 3 | LENGTH;
    pub(in super::super) const DIMENSIONS: u8 = 4 << 3 | LENGTH;
    pub(in super::super) const VALUE: u8 = 5 << 3 | LENGTH;
    pub(in super::super) const MISSING: u8 = 6 << 3;
    pub(in super::super) const UNIT: u8 = 7 << 3 | LENGTH;
    pub(in super::super) const QUALITY: u8 = 8 << 3;
    pub(in super::super) const QUALIFIER: u8 = 9 << 3;
    pub(in super::super) const NUMERATOR: u8 = 10 << 3 | LENGTH;
    pub(in super::super) const DENOMINATOR: u8 = 11 << 3 | LENGTH;
    pub(in super::super) const COVERAGE: u8 = 12 << 3 | LENGTH;
    pub(in super::super) const FLAGS: u8 = 13 << 3 | LENGTH;
    pub(in super::super) const CARRIED_FROM: u8 = 14 << 3 | LENGTH;
}

pub(super) mod entry {
    use super::LENGTH;

    pub(in super::super) const KEY: u8 = 1 << 3 | LENGTH;
    pub(in super::super) const VALUE: u8 = 2 << 3 | LENGTH;
}

pub(super) mod operand {
    use super::LENGTH;

    pub(in super::super) const FORMULA: u8 = 1 << 3 | LENGTH;
    pub(in super::super) const VALUE: u8 = 2 << 3 | LENGTH;
    pub(in super::super) const MISSING: u8 = 3 << 3;
    pub(in super::super) const PERIOD: u8 = 4 << 3 | LENGTH;
    pub(in super::super) const SOURCES: u8 = 5 << 3 | LENGTH;
    pub(in super::super) const QUALITY: u8 = 6 << 3;
    pub(in super::super) const QUALIFIER: u8 = 7 << 3;
}

pub(super) mod coverage {
    pub(in super::super) const REPORTED: u8 = 1 << 3;
    pub(in super::super) const EXPECTED: u8 = 2 << 3;
}
