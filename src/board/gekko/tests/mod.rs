//! Tests of the sticks.
