// Routing: which experts a token goes through, and how much each counts.

enum Score { SOFTMAX = 0, SOFTMAX_OF_CHOSEN = 1, SIGMOID = 2 };

struct Router {
    int experts;
    int used;
    int score;
    int groups;
    int chosen_groups;
    int rank_by_two;
    int normalised;
    float scaling;
    float softcap;
};

// The first of the largest values that are not taken; all lanes of the warp get it. Values that are no numbers are
// taken when nothing else is left.
__device__ int best_of(const float* values, const unsigned char* taken, int count, int lane) {
    float most = -INFINITE;
    int place = count;
    for (int i = lane; i < count; i += 32) {
        if (!taken[i] && (place == count || values[i] > most)) {
            most = values[i];
            place = i;
        }
    }
    for (int distance = 16; distance > 0; distance >>= 1) {
        float other = __shfl_xor_sync(0xffffffffu, most, distance);
        int where = __shfl_xor_sync(0xffffffffu, place, distance);
        bool better = place == count || (where < count && (other > most || (!(most > other) && where < place)));
        if (where < count && better) {
            most = other;
            place = where;
        }
    }
    return place;
}

// A value as a number whose order is that of the values: all values that are numbers are above 1, others are 1, and what
// is taken is 0. Zeros are equal.
__device__ __forceinline__ unsigned ranked(float value) {
    unsigned bits = __float_as_uint(value + 0.0f);
    unsigned order = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    return isnan(value) ? 1u : order;
}

// The most of a warp's numbers; least_of likewise.
__device__ __forceinline__ unsigned most_of(unsigned value) {
    unsigned most;
    asm("redux.sync.max.u32 %0, %1, 0xffffffff;" : "=r"(most) : "r"(value));
    return most;
}

__device__ __forceinline__ unsigned least_of(unsigned value) {
    unsigned least;
    asm("redux.sync.min.u32 %0, %1, 0xffffffff;" : "=r"(least) : "r"(value));
    return least;
}

// Takes the experts out that are not in the best groups; at most 32 groups. A lane has one group.
template <int EACH>
__device__ __forceinline__ void keep_best_groups(const Router& router, const float* claims, unsigned (&ranks)[EACH]) {
    int lane = threadIdx.x;
    int size = router.experts / router.groups;
    float first = -INFINITE;
    float second = -INFINITE;
    if (lane < router.groups) {
#pragma unroll 8
        for (int i = 0; i < size; i++) {
            float claim = claims[lane * size + (i + lane) % size];
            second = fmaxf(second, fminf(first, claim));
            first = fmaxf(first, claim);
        }
    }
    unsigned own = lane < router.groups ? ranked(router.rank_by_two ? first + second : first) : 0u;
    int before = 0;
    for (int group = 0; group < router.groups; group++) {
        unsigned other = __shfl_sync(0xffffffffu, own, group);
        before += other > own || (other == own && group < lane);
    }
    unsigned best = __ballot_sync(0xffffffffu, lane < router.groups && before < router.chosen_groups);
#pragma unroll
    for (int j = 0; j < EACH; j++) {
        int expert = lane + 32 * j;
        ranks[j] = expert < router.experts && best >> expert / size & 1 ? ranks[j] : 0u;
    }
}

// A warp's scores, of which `most` is the lane's largest, to shares of their sum of exponentials.
template <int EACH>
__device__ __forceinline__ void to_shares(const Router& router, float (&own)[EACH], float most, int lane) {
    for (int distance = 16; distance > 0; distance >>= 1) {
        most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, distance));
    }
    float sum = 0;
#pragma unroll
    for (int j = 0; j < EACH; j++) {
        own[j] = lane + 32 * j < router.experts ? expf(own[j] - most) : 0.0f;
        sum += own[j];
    }
    sum = warp_sum(sum);
#pragma unroll
    for (int j = 0; j < EACH; j++) {
        own[j] /= sum;
    }
}

// The expert of the highest rank; of equals the first.
template <int EACH>
__device__ __forceinline__ unsigned best_expert(const unsigned (&ranks)[EACH], int lane) {
    unsigned best = 0;
    int expert = 0;
#pragma unroll
    for (int j = 0; j < EACH; j++) {
        expert = ranks[j] > best ? lane + 32 * j : expert;
        best = max(best, ranks[j]);
    }
    unsigned over_all = most_of(best);
    return least_of(best == over_all ? (unsigned)expert : 0xffffffffu);
}

// The weight of the lane's choice, the expert `mine`; choices are the lanes' in turn.
__device__ __forceinline__ void weigh_chosen(
        const Router& router, const float* scores, unsigned mine, int lane, int* chosen, float* weights) {
    bool is_slot = lane < router.used;
    float weight = is_slot ? scores[mine] : 0.0f;
    float best_score = __shfl_sync(0xffffffffu, weight, 0);
    if (router.score == SOFTMAX_OF_CHOSEN) {
        weight = is_slot ? expf(weight - best_score) : 0.0f;
    }
    float total = warp_sum(weight);
    bool divided = router.score == SOFTMAX_OF_CHOSEN || router.normalised;
    if (is_slot) {
        long long at = (long long)blockIdx.x * router.used + lane;
        chosen[at] = mine;
        weights[at] = (divided ? weight / total : weight) * router.scaling;
    }
}

// A warp a token; a lane has EACH experts, every 32nd, in its registers. Shared memory: scores and claims [experts].
template <int EACH>
__device__ __forceinline__ void route_few(
        const Router& router, const float* logits, const float* correction, int* chosen, float* weights) {
    extern __shared__ float shared[];
    int lane = threadIdx.x;
    float* scores = shared;
    float* claims = shared + router.experts;
    await_predecessor();
    admit_successor();
    const float* row = logits + (long long)blockIdx.x * router.experts;
    float own[EACH];
    float most = -INFINITE;
#pragma unroll
    for (int j = 0; j < EACH; j++) {
        int expert = lane + 32 * j;
        float logit = expert < router.experts ? row[expert] : -INFINITE;
        logit = router.softcap == 0.0f ? logit : router.softcap * tanhf(logit / router.softcap);
        own[j] = router.score == SIGMOID ? 1.0f / (1.0f + expf(-logit)) : logit;
        most = fmaxf(most, logit);
    }
    if (router.score == SOFTMAX) {
        to_shares<EACH>(router, own, most, lane);
    }
    unsigned ranks[EACH];
#pragma unroll
    for (int j = 0; j < EACH; j++) {
        int expert = lane + 32 * j;
        ranks[j] = 0u;
        if (expert < router.experts) {
            float claim = correction == nullptr ? own[j] : own[j] + correction[expert];
            scores[expert] = own[j];
            claims[expert] = claim;
            ranks[j] = ranked(claim);
        }
    }
    __syncwarp();
    if (router.groups > 1) {
        keep_best_groups<EACH>(router, claims, ranks);
    }
    unsigned mine = 0;
    for (int slot = 0; slot < router.used; slot++) {
        unsigned taken = best_expert<EACH>(ranks, lane);
        mine = lane == slot ? taken : mine;
#pragma unroll
        for (int j = 0; j < EACH; j++) {
            ranks[j] = lane + 32 * j == taken ? 0u : ranks[j];
        }
    }
    weigh_chosen(router, scores, mine, lane, chosen, weights);
}

#define ROUTE(EACH)                                                                                             \
    extern "C" __global__ void __launch_bounds__(32) route_##EACH(                                              \
            Router router, const float* logits, const float* correction, int* chosen, float* weights) {         \
        route_few<EACH>(router, logits, correction, chosen, weights);                                           \
    }

ROUTE(1)
ROUTE(2)
ROUTE(4)
ROUTE(8)
ROUTE(16)

// Any number of experts, groups and choices. A warp a token. Shared memory: scores, claims [experts], claims of groups
// [groups], then a mark an expert and a group.
extern "C" __global__ void route_any(
        Router router, const float* logits, const float* correction, int* chosen, float* weights) {
    extern __shared__ float shared[];
    int experts = router.experts;
    float* scores = shared;
    float* claims = shared + experts;
    float* group_claims = claims + experts;
    unsigned char* taken = (unsigned char*)(group_claims + router.groups);
    unsigned char* taken_groups = taken + experts;
    int lane = threadIdx.x;
    await_predecessor();
    admit_successor();
    const float* row = logits + (long long)blockIdx.x * experts;
    float most = -INFINITE;
    for (int i = lane; i < experts; i += 32) {
        float logit = router.softcap == 0.0f ? row[i] : router.softcap * tanhf(row[i] / router.softcap);
        scores[i] = router.score == SIGMOID ? 1.0f / (1.0f + expf(-logit)) : logit;
        most = fmaxf(most, logit);
        taken[i] = 0;
    }
    if (router.score == SOFTMAX) {
        for (int distance = 16; distance > 0; distance >>= 1) {
            most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, distance));
        }
        float sum = 0;
        for (int i = lane; i < experts; i += 32) {
            scores[i] = expf(scores[i] - most);
            sum += scores[i];
        }
        sum = warp_sum(sum);
        for (int i = lane; i < experts; i += 32) {
            scores[i] /= sum;
        }
    }
    for (int i = lane; i < experts; i += 32) {
        claims[i] = correction == nullptr ? scores[i] : scores[i] + correction[i];
    }
    __syncwarp();
    if (router.groups > 1) {
        int size = experts / router.groups;
        for (int group = lane; group < router.groups; group += 32) {
            float first = -INFINITE;
            float second = -INFINITE;
            for (int i = group * size; i < (group + 1) * size; i++) {
                if (claims[i] > first) {
                    second = first;
                    first = claims[i];
                } else if (claims[i] > second) {
                    second = claims[i];
                }
            }
            group_claims[group] = router.rank_by_two ? first + second : first;
            taken_groups[group] = 0;
        }
        __syncwarp();
        for (int i = 0; i < router.chosen_groups; i++) {
            int group = best_of(group_claims, taken_groups, router.groups, lane);
            __syncwarp();
            if (lane == 0) {
                taken_groups[group] = 1;
            }
            __syncwarp();
        }
        for (int i = lane; i < experts; i += 32) {
            taken[i] = !taken_groups[i / size];
        }
        __syncwarp();
    }
    float total = 0;
    float best = 0;
    for (int slot = 0; slot < router.used; slot++) {
        int expert = best_of(claims, taken, experts, lane);
        float weight = scores[expert];
        if (router.score == SOFTMAX_OF_CHOSEN) {
            best = slot == 0 ? weight : best;
            weight = expf(weight - best);
        }
        total += weight;
        __syncwarp();
        if (lane == 0) {
            taken[expert] = 1;
            chosen[(long long)blockIdx.x * router.used + slot] = expert;
            weights[(long long)blockIdx.x * router.used + slot] = weight;
        }
        __syncwarp();
    }
    bool divided = router.score == SOFTMAX_OF_CHOSEN || router.normalised;
    for (int slot = lane; slot < router.used; slot += 32) {
        float* weight = weights + (long long)blockIdx.x * router.used + slot;
        *weight = (divided ? *weight / total : *weight) * router.scaling;
    }
}
