//! Why an event cannot be recorded.

use std::fmt;

/// One reason why an event cannot be recorded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// The field of the event: `metric`, `area`, `dimensions.technology`, `period`, `occurred_at`, `value`, `event_id`,
    /// `confidential` or `reporter`.
    pub field: String,
    /// The reason, for programs.
    pub reason: ViolationReason,
    /// What is wrong and what to do about it, for people.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// The reason of a violation; programs branch on it.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum ViolationReason {
            $($(#[$doc])* $name,)+
        }

        impl ViolationReason {
            /// All reasons.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The reason as it travels, such as `UNKNOWN_METRIC`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

reasons! {
    /// The catalogue has no such metric.
    UnknownMetric = "UNKNOWN_METRIC",
    /// The name is that of an indicator: it is computed.
    IndicatorNotRecordable = "INDICATOR_NOT_RECORDABLE",
    /// The catalogue has no such area.
    UnknownArea = "UNKNOWN_AREA",
    /// The metric has no such dimension.
    UnknownDimension = "UNKNOWN_DIMENSION",
    /// A dimension of the metric has no code.
    MissingDimension = "MISSING_DIMENSION",
    /// The dimension has no such code.
    UnknownCode = "UNKNOWN_CODE",
    /// `_T`: totals are computed.
    TotalNotRecordable = "TOTAL_NOT_RECORDABLE",
    /// The metric is collected at another level then.
    WrongAreaLevel = "WRONG_AREA_LEVEL",
    /// The metric is not collected in that period.
    NotCollected = "NOT_COLLECTED",
    /// The area does not exist at the end of the period.
    AreaNotValid = "AREA_NOT_VALID",
    /// The period is shorter than the metric's.
    PeriodTooFine = "PERIOD_TOO_FINE",
    /// The period is longer than the metric's.
    PeriodTooCoarse = "PERIOD_TOO_COARSE",
    /// The period lies across two of the metric's, as a week across two months.
    PeriodNotAligned = "PERIOD_NOT_ALIGNED",
    /// A report is about a period, not about an instant.
    PeriodRequired = "PERIOD_REQUIRED",
    /// The period has not begun, and the value is not an estimate.
    FuturePeriod = "FUTURE_PERIOD",
    /// The period is not over, and the value is called official.
    PeriodNotEnded = "PERIOD_NOT_ENDED",
    /// More decimals than the metric has.
    TooManyDecimals = "TOO_MANY_DECIMALS",
    /// Not among the values that can be right.
    OutOfRange = "OUT_OF_RANGE",
    /// A tally without an id cannot be told from its own repetition.
    EventIdRequired = "EVENT_ID_REQUIRED",
    /// A tally adds what happened: an event of it has a value.
    TallyValueRequired = "TALLY_VALUE_REQUIRED",
    /// There is no value that could be confidential.
    ConfidentialWithoutValue = "CONFIDENTIAL_WITHOUT_VALUE",
    /// A total since the start of the year cannot be kept secret by suppressing one figure.
    ConfidentialCumulative = "CONFIDENTIAL_CUMULATIVE",
    /// The reason is found when figures are computed; it is not recorded.
    MissingReasonNotRecordable = "MISSING_REASON_NOT_RECORDABLE",
    /// The catalogue has no such reporter.
    UnknownReporter = "UNKNOWN_REPORTER",
    /// The reporter may not report this metric or this area.
    ReporterNotAllowed = "REPORTER_NOT_ALLOWED",
}

impl fmt::Display for ViolationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
