//! Every reason of a refusal by the query service: what it means and what to do. Clients branch on them; changing one
//! breaks clients. Those of the server around it (load, deadlines, malformed bytes) are in the service kit.

/// A reason with its meaning and remedy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reason {
    /// The name in `ErrorInfo.reason` and in field violations.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What the client can do.
    pub remedy: &'static str,
}

macro_rules! reasons {
    ($($name:ident: $meaning:literal, $remedy:literal;)+) => {
        $(
            #[doc = concat!($meaning, " ", $remedy)]
            pub const $name: &str = stringify!($name);
        )+

        /// All of them.
        pub const ALL: &[Reason] = &[$(Reason { name: $name, meaning: $meaning, remedy: $remedy }),+];
    };
}

reasons! {
    // where in the log to read
    OTHER_LOG: "The request names another log than the one this service answers from.",
        "Ask the service of that log, or read the revision anew: revisions of two logs cannot be compared.";
    REVISION_NOT_REACHED: "The revision asked for did not arrive before the deadline.",
        "Try again after the delay in RetryInfo.";
    NOT_CAUGHT_UP: "This replica has not yet applied everything that the log holds, and does not answer with older figures.",
        "Try again after the delay in RetryInfo.";
    LOG_REPLACED: "The log was replaced by another one while the answer was computed.",
        "Ask again, without revisions of the old log.";
    RELEASE_NOT_FOUND: "No release has that name.",
        "Use one of the names in the text, or ListReleases of the ingest service. A release can be read from the \
         revision on that CreateRelease answered: give that as min_revision.";
    NO_CATALOG: "No catalogue was in force at that revision, so nothing was defined.",
        "Apply a catalogue with ApplyCatalog of the ingest service, or read a later revision.";

    PAST_NOT_AT_HAND: "What tallies were then is not in memory any more, and the log cannot be read for it now.",
        "Try again after the delay in RetryInfo, or ask as of a later revision.";

    // the form of a request
    SEVERAL_VIOLATIONS: "The request has mistakes of several kinds; each violation has its own reason.",
        "Mend the fields that BadRequest lists.";
    REQUIRED: "A required field is absent.", "Give it.";
    CONFLICT: "Two fields exclude each other.", "Give one of them.";
    DUPLICATE: "The same thing is asked for twice.", "Ask for it once.";
    TOO_MANY: "A list is longer than its limit.", "Ask in several requests.";
    PAGE_SIZE_NEGATIVE: "page_size is below zero.", "Leave it out, or give a positive number.";
    MALFORMED_PAGE_TOKEN: "page_token is not a token of this service, or belongs to another request.",
        "Give the next_page_token of the page before with the same request, or none.";
    MALFORMED_PERIOD: "A text is no period.", "Write it in one of the notations that the message lists.";
    MALFORMED_DATE: "A text is no date.", "Write it as 2017-12-31.";
    MALFORMED_TIME: "An instant is outside the calendar.", "Give one between the years 1 and 9999.";
    MALFORMED_LOG_ID: "read_at.log_id is no log id.", "Give the log_id of an earlier answer, or none.";
    MALFORMED_RELEASE_NAME: "A text cannot be the name of a release.", "Give a name that CreateRelease took.";
    MALFORMED_FORMULA: "A formula cannot be read.", "Mend it at the column that the message names.";
    MALFORMED_ID: "A text cannot be an id.", "Write it in the letters that the message lists.";
    MALFORMED_DECIMAL: "A text is no decimal number, or not one that fits here.", "Write digits, with a point if need be.";
    OUT_OF_RANGE: "A number is beyond its limits.", "Give one within those that the message names.";
    ID_IN_USE: "The catalogue has something of that id.", "Give the formula another id.";
    UNKNOWN_RULE: "There is no such denominator rule.", "Give one of the names of the enumeration.";
    DIFFERENT_UNITS: "A formula adds or subtracts what is not of one unit.", "Add and subtract only what has one unit.";
    MALFORMED_ORDER: "A part of order_by is no key.", "Write keys with commas between them, each with desc after it or nothing.";
    UNKNOWN_ORDER_KEY: "The figures have nothing of that name to be ordered by.", "Use one of those that the message lists.";
    NOT_ORDERED: "The first ones are asked for, and not by which number.", "Add a number to order_by.";
    UNKNOWN_RANK_AMONG: "Figures are not ranked among such areas.", "Give one of the names of the enumeration.";
    UNKNOWN_FORM: "Figures do not come in such a form.", "Give one of the names of the enumeration.";
    UNKNOWN_GRANULARITY: "There is no such granularity.", "Give one of the names of the enumeration.";
    REPORT_GRANULARITY: "The period is of another kind than the report covers.", "Give one of the report's granularity.";

    // names of the catalogue
    UNKNOWN_INDICATOR: "The catalogue defines neither an indicator nor a metric of that id.",
        "Use one of ListIndicators or ListMetrics.";
    UNKNOWN_AREA: "The catalogue defines no area of that id.", "Use one of ListAreas; an id is not always the official code.";
    UNKNOWN_CALENDAR: "The catalogue defines no calendar of that id.", "Use one of ListCalendars, or none for the standard one.";
    UNKNOWN_LEVEL: "The catalogue defines no area level of that id.", "Use one that the message lists.";
    UNKNOWN_DIMENSION: "The catalogue defines no dimension or grouping of that id.", "Use one of ListDimensions.";
    UNKNOWN_CODE: "The dimension or grouping has no such code.", "Use one of ListDimensions.";
    UNKNOWN_METRIC: "The catalogue defines no metric of that id.", "Use one of ListMetrics.";
    UNKNOWN_REPORTER: "The catalogue defines no reporter of that id.", "Use one that the message lists.";
    UNKNOWN_STATUS: "There is no such status of a report.", "Give one of the names of the enumeration.";
    UNKNOWN_CATALOG_RULE: "The catalogue has no rule of that id, and no metric or indicator of that id declares a range.",
        "Use one that the message names, or none for all.";
    UNKNOWN_REPORT: "The catalogue defines no report of that id.", "Use one that the message lists.";

    // what would need a guess
    PERIOD_TOO_FINE: "The period is finer than the metric is reported.", "Ask by the granularity in the message or longer.";
    PERIOD_NOT_DIVISIBLE: "Whole periods of one kind do not make up a period of the other: weeks never make up a month, and \
         months of one calendar never make up a year of another.",
        "Ask by another granularity.";
    PERIOD_NOT_WHOLE: "A function of a formula cannot keep the period whole: a year shifted by a month.",
        "Ask for periods that the function can be computed for.";
    TOO_MANY_PERIODS: "A formula reads more values for one figure than are read.",
        "Take fewer or longer periods in its functions.";
    AREA_TOO_FINE: "The area is finer than the metric is collected.", "Ask for the area above it.";
    GROUPING_TOO_FINE: "The grouping divides the areas at which the metric is collected.",
        "Ask without the grouping, or for metrics that are collected by finer areas.";
    NOT_COLLECTED_THEN: "The metric was not collected at that time.", "Ask for a period of the metric's collection levels.";
    BOUNDARY_CHANGE: "A boundary changed inside the period.", "Ask for periods before and after that day.";
    LEVEL_CHANGE: "The metric was collected at another level in a part of the period.",
        "Ask for periods in which the level is the same.";
    BASE_GRANULARITY: "The base of a comparison is of another kind of period than the figures.",
        "Compare years with years and months with months.";
    NOT_ADDITIVE: "The metric cannot be added: distinct persons would be counted twice.",
        "Choose one code of each dimension, and an area at which it is collected.";
    DIMENSION_NOT_USED: "No metric of the indicator has the dimension.", "Use one of those that the message lists.";
    NO_TARGET: "No metric of the catalogue is a target of the indicator.",
        "Ask without COMPARISON_KIND_TARGET, or define one with target_of.";
    NOT_GROUPED: "The parts of a total are not grouped by.", "Add the key to group_by.";
    DIMENSION_FIXED: "The formula itself fixes the dimension.", "Ask for the metric instead.";
    TOO_MANY_FIGURES: "The question asks for more figures than one question may.", "Ask in several requests.";
    TOO_MANY_REPORTS: "More reports are expected than one question goes through.",
        "Ask for fewer metrics, areas or periods at a time.";
    NO_SUCH_FIGURE: "The question asks for no figure of that indicator, area, period or code.",
        "Give the key as the figure in the answer has it.";
    SEVERAL_FIGURES: "The question asks for several figures, and one is meant.",
        "Give the indicator, area, period and dimensions of one of them.";
    TOO_MANY_REVISIONS: "The values behind a figure were written by more revisions than one call goes through.",
        "Ask with filters, for a smaller area or a shorter period, or up to an earlier state with as_of.";

    // between replicas
    TOO_MANY_SNAPSHOTS: "This replica gives as many snapshots as it may at one time.",
        "Try again after the delay in RetryInfo, or ask another replica.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use almanac_indicator::RefusalReason;

    use super::*;

    #[test]
    fn every_refusal_of_the_indicators_is_listed() {
        let names: BTreeSet<&str> = ALL.iter().map(|reason| reason.name).collect();
        assert_eq!(names.len(), ALL.len(), "a reason is listed twice");
        for reason in [
            RefusalReason::PeriodTooFine,
            RefusalReason::PeriodNotDivisible,
            RefusalReason::AreaTooFine,
            RefusalReason::GroupingTooFine,
            RefusalReason::NotCollectedThen,
            RefusalReason::BoundaryChange,
            RefusalReason::LevelChange,
            RefusalReason::PeriodNotWhole,
            RefusalReason::TooManyPeriods,
            RefusalReason::BaseGranularity,
            RefusalReason::NotAdditive,
            RefusalReason::DimensionNotUsed,
            RefusalReason::DimensionFixed,
            RefusalReason::NoTarget,
            RefusalReason::NotGrouped,
            RefusalReason::UnknownOrderKey,
            RefusalReason::NotOrdered,
            RefusalReason::Conflict,
            RefusalReason::TooManyFigures,
            RefusalReason::NoSuchFigure,
            RefusalReason::SeveralFigures,
        ] {
            assert!(names.contains(reason.as_str()), "{}", reason.as_str());
        }
    }
}
