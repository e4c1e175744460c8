//! How fast one phone number is read in the numbering plan: the dearest step of an import's row.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use signline::domain::phone_number::NumberingPlan;

fn parse(criterion: &mut Criterion) {
    let plan = NumberingPlan::of_region("US").expect("US is a region");
    for (name, text) in [("national", "7635551111"), ("e164", "+17635551111"), ("other_country", "+442079460000")] {
        criterion
            .bench_function(&format!("phone_number/{name}"), |bencher| bencher.iter(|| plan.parse(black_box(text))));
    }
}

criterion_group!(benches, parse);
criterion_main!(benches);
