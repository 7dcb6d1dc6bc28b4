"""Feature gates of Kueue 0.19 that change admission, their defaults, and which settings the engine does not model."""

from collections.abc import Iterator, Mapping

from tenancy.kueue_configuration import Configuration

DEFAULTS: Mapping[str, bool] = {
    **dict.fromkeys(
        (
            "AdmissionFairSharing",
            "AdmissionGatedBy",
            "ElasticJobsViaWorkloadSlices",
            "FairSharingPreemptWithinNominal",
            "FairSharingPrioritizeNonBorrowing",
            "FlavorFungibility",
            "FlavorFungibilityPreserveScanProgress",
            "HierarchicalCohorts",
            "KueueDRAIntegration",
            "KueueDRAIntegrationExtendedResource",
            "KueueDRAIntegrationPartitionableDevices",
            "ManagedJobsNamespaceSelectorAlwaysRespected",
            "PartialAdmission",
            "PrioritySortingWithinCohort",
            "QuotaCheckStrategy",
            "ReclaimablePods",
            "SchedulingEquivalenceHashing",
            "TASFailedNodeReplacement",
            "TASFailedNodeReplacementFailFast",
            "TASHandleOverlappingFlavors",
            "TASMultiLayerTopology",
            "TASProfileMixed",
            "TASRecomputeAssignmentWithinSchedulingCycle",
            "TASReplaceNodeOnNodeTaints",
            "TASReplaceNodeOnPodTermination",
            "TopologyAwareScheduling",
        ),
        True,
    ),
    **dict.fromkeys(
        (
            "ConcurrentAdmission",
            "DisableWaitForPodsReady",
            "ElasticJobsViaWorkloadSlicesWithTAS",
            "FastQuotaReleaseInPodIntegration",
            "KueueDRAIntegrationConsumableCapacity",
            "MultiKueueOrchestratedPreemption",
            "PrioritizePreemptorWorkloads",
            "PriorityBoost",
            "RecomputeAssignmentUponPreemptionTargetsOverlap",
            "SchedulerLongRequeueInterval",
            "SchedulerTimestampPreemptionBuffer",
            "TASBalancedPlacement",
            "TASRespectNodeAffinityPreferred",
            "WorkloadPriorityClassDefaulting",
        ),
        False,
    ),
}
"""Source: `pkg/features/kube_features.go` of Kueue v0.19.2; gates about speed and reports are left out."""


def unmodelled(configuration: Configuration | None) -> Iterator[str]:
    """Yield in words the gates that *configuration* sets otherwise than by default: the engine models the defaults."""
    for gate, value in sorted(configuration.feature_gates.items()) if configuration else ():
        if gate in DEFAULTS and value is not DEFAULTS[gate]:
            yield f"feature gate {gate}={str(value).lower()} is not modelled; decided as with the default"
