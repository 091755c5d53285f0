//! Every word of the table, in both languages.

use std::fmt::Write as _;

use almanac_client::Label;
use almanac_model::{FigureFlag, MissingReason, Qualifier, Quality};

/// The language of the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Language {
    /// Tiếng Việt
    Vi,
    /// English
    En,
}

impl Language {
    /// The text of this language.
    pub(crate) const fn choose<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }

    pub(crate) fn of(self, label: &Label) -> &str {
        self.choose(&label.vi, &label.en)
    }

    pub(crate) fn header(self) -> [&'static str; 7] {
        match self {
            Self::Vi => ["Chỉ tiêu", "Số liệu", "Đơn vị", "Mức độ", "BC", "Đã công bố", ""],
            Self::En => ["Figure", "Value", "Unit", "Quality", "Rep", "Published", ""],
        }
    }

    /// What the short headings stand for.
    pub(crate) const fn legend(self) -> &'static str {
        self.choose("BC: số báo cáo đã nhận / phải có.", "Rep: reports received / expected.")
    }

    /// A decimal text as it is printed: digits in groups of three.
    pub(crate) fn number(self, text: &str) -> String {
        let (group, point) = match self {
            Self::Vi => ('.', ','),
            Self::En => (',', '.'),
        };
        let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut printed = sign.to_owned();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                printed.push(group);
            }
            printed.push(digit);
        }
        if !fraction.is_empty() {
            // writing to a String cannot fail
            let _ = write!(printed, "{point}{fraction}");
        }
        printed
    }

    /// A number with the word that bounds it.
    pub(crate) fn bounded(self, text: &str, qualifier: Qualifier) -> String {
        let word = match qualifier {
            Qualifier::Exact => return self.number(text),
            Qualifier::AtLeast => self.choose("trên", "over"),
            Qualifier::AtMost => self.choose("không quá", "at most"),
            Qualifier::About => self.choose("khoảng", "about"),
        };
        format!("{word} {}", self.number(text))
    }

    pub(crate) const fn quality(self, quality: Quality) -> &'static str {
        match quality {
            Quality::Estimated => self.choose("ước tính", "estimated"),
            Quality::Preliminary => self.choose("sơ bộ", "preliminary"),
            Quality::Official => self.choose("chính thức", "official"),
        }
    }

    pub(crate) const fn missing(self, reason: MissingReason) -> &'static str {
        match reason {
            MissingReason::NotCollected => self.choose("không thu thập", "not collected"),
            MissingReason::CannotExist => self.choose("không tồn tại", "cannot exist"),
            MissingReason::Suppressed => self.choose("không công bố", "suppressed"),
            MissingReason::Unspecified => self.choose("không có số liệu", "missing"),
            MissingReason::NoRecord => self.choose("chưa ghi nhận", "no record"),
            MissingReason::DenominatorZero => self.choose("mẫu số bằng 0", "denominator zero"),
            MissingReason::Incomplete => self.choose("chưa đầy đủ", "incomplete"),
            MissingReason::NotAdditive => self.choose("không cộng được", "cannot be added"),
            MissingReason::NotRestatable => self.choose("không quy đổi được", "cannot be restated"),
        }
    }

    pub(crate) const fn flag(self, flag: FigureFlag) -> &'static str {
        match flag {
            FigureFlag::PartialPeriod => {
                self.choose("Thiếu số liệu của một phần kỳ.", "Parts of the period have no value.")
            }
            FigureFlag::PartialCoverage => self.choose(
                "Thiếu một phần số liệu phải báo cáo.",
                "Some of the expected reports did not come.",
            ),
            FigureFlag::CarriedForward => self.choose(
                "Dùng số liệu của kỳ trước, kỳ kết thúc ngày",
                "An earlier value stands in for an absent one, that of the period ending on",
            ),
            FigureFlag::Unmatched => self.choose(
                "Không tính địa bàn thiếu tử số hoặc mẫu số.",
                "Areas without numerator or denominator were left out of both.",
            ),
            FigureFlag::OutOfRange => self.choose(
                "Nằm ngoài khoảng giá trị hợp lý của danh mục.",
                "Outside the range that the catalogue declares as possible.",
            ),
            FigureFlag::CumulativeDecreased => self.choose(
                "Số lũy kế từ đầu năm giảm so với báo cáo trước.",
                "The total since the start of the year is less than an earlier one.",
            ),
            FigureFlag::Restated => self.choose(
                "Quy đổi từ các địa bàn theo địa giới khác.",
                "Put together from areas of other boundaries.",
            ),
            FigureFlag::Break => self.choose(
                "Cách tính của một chỉ tiêu thay đổi trong kỳ.",
                "A metric was defined or measured in another way in a part of the time.",
            ),
            FigureFlag::DenominatorOtherPeriod => {
                self.choose("Mẫu số thuộc kỳ khác:", "The denominator is of another period:")
            }
        }
    }

    /// How many printed figures agree.
    pub(crate) fn agreement(self, agreed: usize, printed: usize) -> String {
        match self {
            Self::Vi => format!("{agreed} trên {printed} số liệu đã công bố khớp"),
            Self::En => format!("{agreed} of {printed} published figures agree"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_as_each_language_prints_them() {
        for (text, en, vi) in [
            ("0", "0", "0"),
            ("146", "146", "146"),
            ("1234", "1,234", "1.234"),
            ("6997084", "6,997,084", "6.997.084"),
            ("119.09", "119.09", "119,09"),
            ("-123456.50", "-123,456.50", "-123.456,50"),
            ("-100", "-100", "-100"),
        ] {
            assert_eq!(Language::En.number(text), en);
            assert_eq!(Language::Vi.number(text), vi);
        }
    }

    #[test]
    fn a_bound_is_said_in_words() {
        assert_eq!(Language::En.bounded("90000000", Qualifier::AtLeast), "over 90,000,000");
        assert_eq!(Language::Vi.bounded("90000000", Qualifier::AtLeast), "trên 90.000.000");
        assert_eq!(Language::Vi.bounded("5", Qualifier::Exact), "5");
    }
}
