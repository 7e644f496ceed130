// The first so many of a row's order, or the first that hold so much of its mass: found by bins of the distance to the largest
// logit, and, where more are in one bin than can be sorted, byte by byte of their places in the order. Behind
// row_of_logits.cuh.

// Weights beside the largest logit's, which is 1.
struct Weights {
    double most;
    double inverse;

    __device__ __forceinline__ double of(float logit) const {
        return exp(((double)logit - most) * inverse);
    }
};

// Falls as logits rise. What is not a number comes first.
__device__ __forceinline__ int bin_of(float most, float logit) {
    float distance = most - logit;
    int bin = (__float_as_int(distance) >> (23 - BINS_A_POWER_LOG2)) - ((127 + LEAST_POWER) << BINS_A_POWER_LOG2);
    return distance == distance ? min(max(bin, 0), BINS - 1) : 0;
}

__device__ __forceinline__ void add_mass(wide* bin, wide mass) {
    unsigned low = (unsigned)mass;
    unsigned high = (unsigned)(mass >> 32);
    unsigned* halves = (unsigned*)bin;
    unsigned before = atomicAdd(&halves[0], low);
    high += before + low < before ? 1 : 0;
    if (high != 0) {
        atomicAdd(&halves[1], high);
    }
}

// What is looked for: the last of the first so many, or of those that hold so much mass. Masses are integers, so that
// their sum has no order.
struct Goal {
    bool by_mass;
    double scale;
    wide wanted;
};

// Counts what `bin` (negative: not to be counted) says of the part's values; returns the mass that this thread saw.
template <class Bin>
__device__ double fill(
        Progress& progress, const Part& part, const Goal& goal, const Weights& weights, const Bin& bin) {
    if (progress.bins_read) {
        cluster_sync();
    }
    progress.bins_read = true;
    for (int i = threadIdx.x; i < BINS; i += THREADS) {
        shared.counts[i] = 0;
        shared.masses[i] = 0;
    }
    __syncthreads();
    double sum = 0;
    // The last bin is where all that is impossible goes.
    unsigned last_count = 0;
    wide last_mass = 0;
#pragma unroll 4
    for (int i = threadIdx.x; i < part.count; i += THREADS) {
        float logit = part.at(i);
        int chosen = bin(logit, part.first + i);
        if (chosen >= 0) {
            wide mass = 0;
            if (goal.by_mass) {
                double weight = weights.of(logit);
                sum += weight;
                mass = (wide)(weight * goal.scale);
            }
            if (chosen == BINS - 1) {
                last_count++;
                last_mass += mass;
            } else {
                atomicAdd(&shared.counts[chosen], 1u);
                if (mass != 0) {
                    add_mass(&shared.masses[chosen], mass);
                }
            }
        }
    }
    if (last_count != 0) {
        atomicAdd(&shared.counts[BINS - 1], last_count);
        add_mass(&shared.masses[BINS - 1], last_mass);
    }
    return sum;
}

// The bin in which the goal is reached, what comes before it and how many are in it; BINS if it is not reached. After
// fill() and a barrier of the cluster.
struct Crossing {
    int bin;
    unsigned before;
    unsigned members;
    wide above;
};

__device__ Crossing crossing(const Goal& goal, wide above) {
    unsigned counts[BINS_A_THREAD];
    wide masses[BINS_A_THREAD];
    unsigned count = 0;
    wide mass = 0;
#pragma unroll
    for (int j = 0; j < BINS_A_THREAD; j++) {
        int bin = threadIdx.x * BINS_A_THREAD + j;
        counts[j] = 0;
        masses[j] = 0;
#pragma unroll
        for (int block = 0; block < CLUSTER; block++) {
            counts[j] += seen(&shared.counts[bin], block);
        }
        if (goal.by_mass) {
#pragma unroll
            for (int block = 0; block < CLUSTER; block++) {
                masses[j] += seen(&shared.masses[bin], block);
            }
        } else {
            masses[j] = counts[j];
        }
        count += counts[j];
        mass += masses[j];
    }
    if (threadIdx.x == 0) {
        shared.bin = BINS;
    }
    unsigned all;
    wide everything;
    unsigned counted = block_prefix(count, (unsigned*)shared.room, all) - count;
    wide summed = above + block_prefix(mass, shared.room, everything) - mass;
#pragma unroll
    for (int j = 0; j < BINS_A_THREAD; j++) {
        if (summed < goal.wanted && summed + masses[j] >= goal.wanted) {
            shared.bin = threadIdx.x * BINS_A_THREAD + j;
            shared.before = counted;
            shared.members = counts[j];
            shared.above = summed;
        }
        counted += counts[j];
        summed += masses[j];
    }
    __syncthreads();
    Crossing found;
    found.bin = shared.bin;
    found.before = shared.before;
    found.members = shared.members;
    found.above = shared.above;
    return found;
}

// The first block's list has the places that `takes` then, in no order; only it knows their number.
template <class Takes>
__device__ int gather(Progress& progress, const Part& part, const Takes& takes) {
    __syncthreads();
    if (threadIdx.x == 0) {
        shared.listed = 0;
    }
    __syncthreads();
#pragma unroll 4
    for (int i = threadIdx.x; i < part.count; i += THREADS) {
        float logit = part.at(i);
        wide place = place_of(key_of(logit), part.first + i);
        if (takes(logit, place)) {
            int at = atomicAdd(&shared.listed, 1);
            if (at < MOST_LISTED) {
                shared.list[at] = place;
            }
        }
    }
    cluster_sync();
    progress.bins_read = false;
    int listed = min(shared.listed, MOST_LISTED);
    if (CLUSTER > 1) {
        if (part.rank == 0) {
            int ends[CLUSTER];
            ends[0] = listed;
#pragma unroll
            for (int block = 1; block < CLUSTER; block++) {
                ends[block] = ends[block - 1] + (int)seen((const unsigned*)&shared.listed, block);
            }
            for (int i = listed + threadIdx.x; i < min(ends[CLUSTER - 1], MOST_LISTED); i += THREADS) {
                int owner = 1;
                int begin = listed;
#pragma unroll
                for (int block = 1; block < CLUSTER - 1; block++) {
                    if (i >= ends[block]) {
                        owner = block + 1;
                        begin = ends[block];
                    }
                }
                shared.list[i] = seen(&shared.list[i - begin], owner);
            }
            listed = min(ends[CLUSTER - 1], MOST_LISTED);
        }
        cluster_sync();
    }
    return listed;
}

// Sorts the list, likeliest first, by bitonic merges.
__device__ __noinline__ void sort(int count) {
    int size = 2;
    while (size < count) {
        size *= 2;
    }
    for (int i = count + threadIdx.x; i < size; i += THREADS) {
        shared.list[i] = 0;
    }
    for (int run = 2; run <= size; run *= 2) {
        for (int step = run / 2; step > 0; step /= 2) {
            __syncthreads();
            for (int i = threadIdx.x; i < size / 2; i += THREADS) {
                int low = 2 * i - (i & (step - 1));
                wide a = shared.list[low];
                wide b = shared.list[low + step];
                if ((a < b) == ((low & run) == 0)) {
                    shared.list[low] = b;
                    shared.list[low + step] = a;
                }
            }
        }
    }
    __syncthreads();
}

// A thread's weights of the sorted list, which are neighbours; 0 from `count` on.
__device__ void listed_weights(int count, const Weights& weights, double (&own)[LISTED_A_THREAD]) {
#pragma unroll
    for (int j = 0; j < LISTED_A_THREAD; j++) {
        int at = threadIdx.x * LISTED_A_THREAD + j;
        own[j] = at < count ? weights.of(logit_of(shared.list[at])) : 0.0;
    }
}

// How many of the sorted list, beside a mass of `above`, hold the mass `wanted`; `count` if they do not.
__device__ int nucleus(
        int count, const double (&weights)[LISTED_A_THREAD], double above, double wanted) {
    double own = 0;
#pragma unroll
    for (int j = 0; j < LISTED_A_THREAD; j++) {
        own += weights[j];
    }
    if (threadIdx.x == 0) {
        shared.reached = count;
    }
    double total;
    double mass = above + (block_prefix(own, (double*)shared.room, total) - own);
#pragma unroll
    for (int j = LISTED_A_THREAD - 1; j >= 0; j--) {
        double upto = mass;
#pragma unroll
        for (int i = 0; i <= j; i++) {
            upto += weights[i];
        }
        if (upto >= wanted && threadIdx.x * LISTED_A_THREAD + j < count) {
            atomicMin(&shared.reached, threadIdx.x * LISTED_A_THREAD + j + 1);
        }
    }
    __syncthreads();
    return shared.reached;
}

// What a row keeps: places of at least `last`. Where `listed` is not 0, all of them, and perhaps some more, are so many of
// the first block's list, sorted.
struct Cut {
    wide last;
    int listed;
    double total;
};

// The goal's last place among the candidates in one bin, byte by byte from the highest, until they fit the list.
__device__ __noinline__ wide narrowed(
        Progress& progress, const Part& part, const Goal& goal, const Weights& weights, float most,
        wide least, Crossing found) {
    int bin = found.bin;
    wide settled = 0;
    wide known = 0;
    for (int shift = 56; found.members > MOST_LISTED && shift >= 0; shift -= 8) {
        if (shift == 24) {
            // Ids have less than 24 bits: this byte is the same for all.
            settled |= 255ULL << shift;
            known |= 255ULL << shift;
            continue;
        }
        fill(progress, part, goal, weights, [=](float logit, int id) {
            wide place = place_of(key_of(logit), id);
            bool member = bin_of(most, logit) == bin && place >= least && (place & known) == settled;
            return member ? 255 - (int)(place >> shift & 255) : -1;
        });
        cluster_sync();
        found = crossing(goal, found.above);
        if (found.bin == BINS) {
            return least;
        }
        settled |= (wide)(255 - found.bin) << shift;
        known |= 255ULL << shift;
    }
    int count = gather(progress, part, [=](float logit, wide place) {
        return bin_of(most, logit) == bin && place >= least && (place & known) == settled;
    });
    wide last = 0;
    if (part.rank == 0) {
        sort(count);
        int kept = (int)(goal.wanted - found.above);
        if (goal.by_mass) {
            double own[LISTED_A_THREAD];
            listed_weights(count, weights, own);
            kept = nucleus(count, own, (double)found.above / goal.scale, (double)goal.wanted / goal.scale);
        }
        last = shared.list[kept - 1];
    }
    int turn = exchange(progress, part.rank, last, 0);
    return shared.told[turn][0][0];
}

// Cuts what is behind the first `wanted`, or behind those that hold `share` of the mass, of the places from `least` up.
__device__ __noinline__ Cut cut(
        Progress& progress, const Part& part, const Weights& weights, float most, wide least, unsigned wanted,
        bool by_mass, float share, int vocabulary) {
    Goal goal;
    goal.by_mass = by_mass;
    goal.scale = (double)(1ULL << (30 + __clz(vocabulary)));
    goal.wanted = wanted;
    double sum = fill(progress, part, goal, weights, [=](float logit, int id) {
        return place_of(key_of(logit), id) >= least ? bin_of(most, logit) : -1;
    });
    Cut result;
    result.last = least;
    result.listed = 0;
    result.total = cluster_sum(progress, part.rank, sum);
    if (by_mass) {
        if (!(result.total == result.total)) {
            return result;
        }
        goal.wanted = __double2ull_ru((double)share * result.total * goal.scale);
    }
    Crossing found = crossing(goal, 0);
    if (found.bin == BINS) {
        return result;
    }
    if (found.before + found.members <= MOST_LISTED) {
        int bin = found.bin;
        result.listed = gather(progress, part, [=](float logit, wide place) {
            return place >= least && bin_of(most, logit) <= bin;
        });
        // Others than the first only learn that there is a list.
        result.listed = max(result.listed, 1);
        if (part.rank == 0) {
            sort(result.listed);
        }
    } else {
        result.last = narrowed(progress, part, goal, weights, most, least, found);
    }
    return result;
}
