// Prints the TSC's frequency in Hz, and how many dependent additions (one core cycle each) fit in
// one TSC cycle: the speed at which the core really runs.
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_RAW, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(void) {
  const double begin = seconds();
  const uint64_t begin_tsc = __rdtsc();
  double end;
  do {
    end = seconds();
  } while (end - begin < 0.3);
  const double hz = (double)(__rdtsc() - begin_tsc) / (end - begin);

  double best = 0;
  for (int round = 0; round < 20; ++round) {
    const uint64_t additions = 10000000;
    const uint64_t start = __rdtsc();
    uint64_t sum = 0;
    for (uint64_t i = 0; i < additions; ++i) __asm__ volatile("add $1, %0" : "+r"(sum));
    const double speed = (double)additions / (double)(__rdtsc() - start);
    if (speed > best) best = speed;
  }
  printf("%.0f %.3f\n", hz, best);
  return 0;
}
