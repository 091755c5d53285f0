//! A fixed rate: moments that come whether or not anybody is ready for them, so that waiting counts as time that was taken.

use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

/// The moments of a rate, for so long. Each is told when it has come; what is late is told late, with the moment when it was due.
pub(super) fn moments(per_second: u32, time: Duration) -> mpsc::UnboundedReceiver<Instant> {
    let (tell, told) = mpsc::unbounded_channel();
    let count = time.as_secs_f64() * f64::from(per_second);
    // a thread of its own: the runtime's timer knows milliseconds only
    thread::spawn(move || {
        let begun = Instant::now();
        let mut next = 0_u32;
        while f64::from(next) < count {
            let due = begun + Duration::from_secs_f64(f64::from(next) / f64::from(per_second));
            let now = Instant::now();
            if now < due {
                // it may wake early: then it looks again
                thread::park_timeout(due - now);
                continue;
            }
            if tell.send(due).is_err() {
                return;
            }
            next += 1;
        }
    });
    told
}
