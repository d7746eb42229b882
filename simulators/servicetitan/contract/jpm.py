"""ServiceTitan Job Planning and Management V2, as far as it is simulated (read by notation.py)."""

OPERATIONS = """
GET /jobs Jobs_GetList
    answer 200 page JobResponse
    query page: int32, pageSize: int32, includeTotal: boolean, ids: string, number: string, projectId: int64,
        bookingId: int64, jobStatus: JobStatus, appointmentStatus: JobAppointmentStatus, priority: string,
        firstAppointmentStartsOnOrAfter: datetime, firstAppointmentStartsBefore: datetime,
        appointmentStartsOnOrAfter: datetime, appointmentStartsBefore: datetime, technicianId: int64,
        customerId: int64, locationId: int64, soldById: int64, jobTypeId: int64, campaignId: int64,
        businessUnitId: int64, invoiceId: int64, createdFromEstimateId: int64, estimateIds: string,
        createdBefore: datetime, createdOnOrAfter: datetime, modifiedBefore: datetime, modifiedOnOrAfter: datetime,
        completedOnOrAfter: datetime, completedBefore: datetime, tagTypeIds: string, sort: string,
        externalDataApplicationGuid: guid, externalDataKey: string, externalDataValues: string,
        hasUnusedAppointments: boolean
    sort Id, ModifiedOn, CreatedOn, Priority
GET /jobs/{id} Jobs_Get
    answer 200 JobResponse
    query externalDataApplicationGuid: guid
GET /export/jobs Export_Jobs
    answer 200 feed ExportJobsResponse
    query from: string, includeRecentChanges: boolean
GET /projects Projects_GetList
    answer 200 page ProjectResponse
    query ids: string, customerId: int64, locationId: int64, projectTypeId: int64, invoiceId: int64,
        technicianId: int64, jobId: int64, appointmentId: int64, projectManagerIds: string, businessUnitIds: string,
        createdBefore: datetime, createdOnOrAfter: datetime, startsBefore: datetime, startsOnOrAfter: datetime,
        completedBefore: datetime, completedOnOrAfter: datetime, targetCompletionDateBefore: datetime,
        targetCompletionDateOnOrAfter: datetime, modifiedBefore: datetime, modifiedOnOrAfter: datetime, page: int32,
        pageSize: int32, includeTotal: boolean, status: string, sort: string, externalDataApplicationGuid: guid,
        externalDataKey: string, externalDataValues: string
    sort Id, ModifiedOn, CreatedOn, Name, TargetCompletionDate
GET /projects/{id} Projects_Get
    answer 200 ProjectResponse
    query externalDataApplicationGuid: guid
GET /work-breakdown-structure/budget-codes BudgetCodes_ListCompanyBudgetCodes
    answer 200 page BudgetCodeModel
    query budgetCodeIds: string, segmentIds: string, segmentItemIds: string, page: int32, pageSize: int32,
        includeTotal: boolean
"""

SCHEMAS = """
BudgetCodeModel
    id!: int64, code!: string, description!: string, segments!: [BudgetCodeSegmentModel]
BudgetCodeSegmentModel
    segmentId!: int64, segmentItemId: int64?, code: string?, description: string?, path: string?
CustomFieldApiModel
    typeId!: int64, name!: string, value!: string
ExportJobsResponse
    summary: html?, customFields!: [CustomFieldApiModel], externalData!: [ExternalDataModel], id!: int64,
    jobNumber!: string, projectId: int64?, customerId!: int64, locationId!: int64, jobStatus!: string,
    completedOn: datetime?, businessUnitId!: int64, jobTypeId!: int64, priority!: string, campaignId!: int64,
    appointmentCount!: int64, firstAppointmentId!: int64, lastAppointmentId!: int64, recallForId: int64?,
    warrantyId: int64?, jobGeneratedLeadSource: JobGeneratedLeadSource?, noCharge!: boolean,
    notificationsEnabled!: boolean, createdOn!: datetime, createdById!: int64, modifiedOn!: datetime,
    tagTypeIds!: [int64], leadCallId: int64?, partnerLeadCallId: int64?, bookingId: int64?, soldById: int64?,
    customerPo!: string, invoiceId!: int64, membershipId: int64?, total: decimal?, createdFromEstimateId: int64?,
    estimateIds!: [int64], active!: boolean
ExternalDataModel
    key!: string, value!: string
JobGeneratedLeadSource
    jobId: int64?, employeeId: int64?
JobResponse
    id!: int64, jobNumber!: string, projectId: int64?, customerId!: int64, locationId!: int64, jobStatus!: string,
    completedOn: datetime?, businessUnitId!: int64, jobTypeId!: int64, priority!: string, campaignId!: int64,
    appointmentCount!: int64, firstAppointmentId!: int64, lastAppointmentId!: int64, recallForId: int64?,
    warrantyId: int64?, jobGeneratedLeadSource: JobGeneratedLeadSource?, noCharge!: boolean,
    notificationsEnabled!: boolean, createdOn!: datetime, createdById!: int64, modifiedOn!: datetime,
    tagTypeIds!: [int64], leadCallId: int64?, partnerLeadCallId: int64?, bookingId: int64?, soldById: int64?,
    customerPo!: string, invoiceId!: int64, membershipId: int64?, total: decimal?, createdFromEstimateId: int64?,
    estimateIds!: [int64], summary: html?, customFields!: [CustomFieldApiModel], externalData!: [ExternalDataModel]
ProjectResponse
    id!: int64, number!: string, name: string?, summary: html?, status: string?, statusId: int64?, subStatus: string?,
    subStatusId: int64?, customerId!: int64, locationId!: int64, projectTypeId: int64?, projectManagerIds!: [int64],
    businessUnitIds!: [int64], startDate: datetime?, targetCompletionDate: datetime?, actualCompletionDate: datetime?,
    modifiedOn: datetime?, createdOn!: datetime, customFields!: [CustomFieldApiModel],
    externalData!: [ExternalDataModel], jobIds!: [int64]
"""

ENUMS = """
JobAppointmentStatus
    Scheduled, Dispatched, Working, Hold, Done, Canceled
JobStatus
    Scheduled, Dispatched, InProgress, Hold, Completed, Canceled
"""
