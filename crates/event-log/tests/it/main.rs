//! What the log promises, held against both engines, and against what happens to disks.

mod archive;
mod archiving;
mod conformance;
mod damage;
mod disk;
mod groups;
mod recent;
mod recovery;
mod restart;
mod support;
