/* SPDX-License-Identifier: Apache-2.0 */
/* The counter's rate, and how it is looked at again. */
#include "../load/clock.h"

#include <math.h>

#include "test.h"

static void test_drift(void)
{
    struct clock_rate calibrated = clock_rate;
    struct clock_reading begin = {.ticks = 7, .ns = 1000, .width = 100}, end = begin;
    double ppm = 0;

    clock_rate = (struct clock_rate){.counter = true, .hz = UINT64_C(2500000000)};
    end.ticks += 25 * UINT64_C(2500000000);
    end.ns += 25 * NS_PER_SECOND;
    CHECK(clock_drift_ppm(&begin, &end, &ppm) && fabs(ppm) < 0.001);
    end.ticks += 25 * 2500 * 60; /* 60 ppm */
    CHECK(clock_drift_ppm(&begin, &end, &ppm) && fabs(ppm - 60) < 0.001);
    end.ns += 25 * 1000 * 120;
    CHECK(clock_drift_ppm(&begin, &end, &ppm) && fabs(ppm + 60) < 0.02);

    /* Half of 200 ticks of a run of 4 ms is 10 ppm, and of anything shorter more. */
    end = (struct clock_reading){.ticks = 7 + 10000000, .ns = 1000 + 4 * NS_PER_MS, .width = 100};
    CHECK(clock_drift_ppm(&begin, &end, &ppm));
    end.width = 101;
    CHECK(!clock_drift_ppm(&begin, &end, &ppm));
    CHECK(!clock_drift_ppm(&end, &begin, &ppm));
    CHECK(!clock_drift_ppm(&begin, &begin, &ppm));
    end.width = 0;
    clock_rate.counter = false;
    CHECK(!clock_drift_ppm(&begin, &end, &ppm));
    clock_rate = calibrated;
}

/* Two calibrations of one counter are off by 10 ppm each at the most, unless the machine let neither be precise. */
static void test_calibration(void)
{
    struct clock_reading reading = clock_read_both();

    if (!clock_rate.counter || reading.width > clock_rate.hz / 1000000)
        return;
    double first = (double)clock_rate.hz;
    clock_calibrate();
    CHECK(fabs((double)clock_rate.hz / first - 1) < 25e-6);
}

int main(void)
{
    clock_calibrate();
    test_drift();
    test_calibration();
    return test_end("clock_test");
}
