//! Tests of the whole layer: what it makes of templates, of broken ones, and of those made to break it.

mod faults;
mod hostile;
mod pinned;
