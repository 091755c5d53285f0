//! An index holds what was written to it, or says that it does not.

mod damage;
mod model;
mod rows;
mod support;
