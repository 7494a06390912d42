using './main.bicep'

// azd sets AZURE_*; the others come from `azd env set NAME value`. Everything else has a default in main.bicep.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')

param authAudience = readEnvironmentVariable('MCMS_AUTH_AUDIENCE', '')

param sqlAdminLogin = readEnvironmentVariable('MCMS_SQL_ADMIN_LOGIN', '')
param sqlAdminObjectId = readEnvironmentVariable('MCMS_SQL_ADMIN_OBJECT_ID', '')

// Production: Business Critical for the memory-optimized work queue.
// param sqlSkuName = 'BC_Gen5_2'
// param sqlSkuTier = 'BusinessCritical'

param workstationsPrincipalId = readEnvironmentVariable('MCMS_WORKSTATIONS_PRINCIPAL_ID', '')
