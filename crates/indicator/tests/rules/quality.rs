//! What a result inherits from its inputs.

use almanac_model::{Qualifier, Quality};

use crate::support::{Book, indicator, monthly_flow, number};

#[test]
fn rule_23_the_quality_of_a_result_is_the_weakest_of_its_inputs() {
    let mut book = Book::new(&[monthly_flow("sent")]);
    book.post("sent", "east", "2017-01", "10")
        .post("sent", "west", "2017-01", "20~");
    assert_eq!(book.figure("sent", "east", "2017-01").quality, Some(Quality::Official));
    assert_eq!(
        book.figure("sent", "north", "2017-01").quality,
        Some(Quality::Preliminary)
    );
    assert_eq!(book.figure("sent", "north", "2017-02").quality, None);
}

#[test]
fn rule_23_over_ten_plus_twenty_is_over_thirty() {
    let mut book = Book::new(&[
        monthly_flow("sent"),
        monthly_flow("lost"),
        indicator("arrived", "sent - lost", ""),
        indicator("lost_share", "lost / sent", "per = \"100\"\ndecimals = 1"),
    ]);
    book.post("sent", "east", "2017-01", ">=10")
        .post("sent", "west", "2017-01", "20");
    let sent = book.figure("sent", "north", "2017-01");
    assert_eq!((sent.value, sent.qualifier), (number("30"), Qualifier::AtLeast));
    book.post("lost", "west", "2017-01", "5")
        .post("lost", "east", "2017-01", "1");
    // at least 30, less exactly 6
    let arrived = book.figure("arrived", "north", "2017-01");
    assert_eq!((arrived.value, arrived.qualifier), (number("24"), Qualifier::AtLeast));
    // exactly 6 of at least 30: at most 20 %
    let share = book.figure("lost_share", "north", "2017-01");
    assert_eq!((share.value, share.qualifier), (number("20.0"), Qualifier::AtMost));
}
